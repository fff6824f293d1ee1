import { isAbsolute, normalize } from 'node:path';
import type { EventRule } from '../model/event-rule.ts';
import {
  arrayIn,
  integerIn,
  type JsonObject,
  objectOf,
  oneOfIn,
  plainTextIn,
  refuseShape,
} from '../wire/json-shape.ts';
import type { ChannelAttributes, SnapshotOutputParameters, TraceFormat } from './client-messages.ts';

export const SESSION_NAME_BYTES_MAX = 255;
/** Trace files are called after their channel and a number, within the 255 bytes of a file name. */
export const CHANNEL_NAME_BYTES_MAX = 200;
export const PATTERN_BYTES_MAX = 255;
export const EXCLUDE_PATTERNS_MAX = 64;
/** Leaves room for the names below it within the 4096 bytes of a path. */
export const OUTPUT_BYTES_MAX = 3800;
export const LOG_LEVEL_MAX = 14;
export const FILTER_BYTES_MAX = 65_536;
/** Snapshots are called after it, the date and a number. */
export const SNAPSHOT_NAME_BYTES_MAX = 200;
export const CONTEXTS_MAX = 64;
export const CONTEXT_NAME_BYTES_MAX = 255;
export const TRACE_FORMATS = ['ctf-1.8', 'ctf-2'] as const satisfies readonly TraceFormat[];
export const CHANNELS_MAX = 1024;
export const TRACKED_MAX = 65_536;

export function checkChannelAttributes(json: JsonObject): ChannelAttributes {
  return {
    name: channelNameIn(json, 'name'),
    mode: oneOfIn(json, 'mode', ['discard', 'overwrite']),
    subBufBytes: sizeIn(json, 'subBufBytes'),
    subBufCount: sizeIn(json, 'subBufCount'),
    header: oneOfIn(json, 'header', ['compact', 'large']),
    blockingTimeoutUs: orNull(json, 'blockingTimeoutUs', countIn),
    switchTimerUs: countIn(json, 'switchTimerUs'),
    readTimerUs: countIn(json, 'readTimerUs'),
    monitorTimerUs: countIn(json, 'monitorTimerUs'),
    traceFileBytes: countIn(json, 'traceFileBytes'),
    traceFileCount: countIn(json, 'traceFileCount'),
    ownership: oneOfIn(json, 'ownership', ['user', 'process']),
    preallocation: oneOfIn(json, 'preallocation', ['preallocate', 'on-demand']),
    reclaimAfterUs: orNull(json, 'reclaimAfterUs', countIn),
  };
}

/** The result of `reader`, or null where the member is null. */
export function orNull<T>(json: JsonObject, name: string, reader: (json: JsonObject, name: string) => T): T | null {
  return json[name] === null ? null : reader(json, name);
}

/** Names of context fields, as a channel has them. */
export function contextNamesIn(json: JsonObject, name: string): readonly string[] {
  return textsIn(json, name, CONTEXTS_MAX, CONTEXT_NAME_BYTES_MAX);
}

export function textsIn(json: JsonObject, name: string, countMax: number, bytesMax: number): readonly string[] {
  return arrayIn(json, name, countMax).map((text) => plainTextIn({ [name]: text }, name, bytesMax));
}

export function countIn(json: JsonObject, name: string): number {
  return integerIn(json, name, 0, Number.MAX_SAFE_INTEGER);
}

export function sizeIn(json: JsonObject, name: string): number {
  return integerIn(json, name, 1, Number.MAX_SAFE_INTEGER);
}

export function userIn(json: JsonObject, name: string): number {
  return integerIn(json, name, 0, 2 ** 32 - 1);
}

export function processNumbersIn(json: JsonObject, name: string): readonly number[] {
  return arrayIn(json, name, TRACKED_MAX).map((value) => integerIn({ [name]: value }, name, 0, 2 ** 32 - 1));
}

export function checkSnapshotOutput(json: JsonObject): SnapshotOutputParameters {
  return {
    name: orNull(json, 'name', snapshotNameIn),
    path: absolutePathIn(json, 'path'),
    maxBytes: orNull(json, 'maxBytes', sizeIn),
  };
}

export function snapshotNameIn(json: JsonObject, name: string): string {
  return nameIn(json, name, SNAPSHOT_NAME_BYTES_MAX);
}

export function snapshotOutputKeyIn(json: JsonObject, name: string): number | string {
  return typeof json[name] === 'number' ? countIn(json, name) : snapshotNameIn(json, name);
}

export function checkEventRule(json: JsonObject): EventRule {
  const pattern = patternIn(json, 'pattern');
  const exclude = json.exclude === undefined ? undefined : checkExclusions(json);
  const logLevel = json.logLevel === undefined ? undefined : checkLogLevels(objectOf(json.logLevel, 'logLevel'));
  const filter = json.filter === undefined ? undefined : plainTextIn(json, 'filter', FILTER_BYTES_MAX);
  return {
    pattern,
    ...(exclude && { exclude }),
    ...(logLevel && { logLevel }),
    ...(filter !== undefined && { filter }),
  };
}

export function patternIn(json: JsonObject, name: string): string {
  return plainTextIn(json, name, PATTERN_BYTES_MAX);
}

function checkExclusions(json: JsonObject): readonly string[] {
  return arrayIn(json, 'exclude', EXCLUDE_PATTERNS_MAX).map((exclude) =>
    plainTextIn({ exclude }, 'exclude', PATTERN_BYTES_MAX),
  );
}

function checkLogLevels(json: JsonObject): { from: number; to: number } {
  const from = integerIn(json, 'from', 0, LOG_LEVEL_MAX);
  return { from, to: integerIn(json, 'to', from, LOG_LEVEL_MAX) };
}

export function sessionIn(json: JsonObject): { session: string } {
  return { session: sessionNameIn(json, 'session') };
}

export function channelNameIn(json: JsonObject, name: string): string {
  return nameIn(json, name, CHANNEL_NAME_BYTES_MAX);
}

export function sessionNameIn(json: JsonObject, name: string): string {
  return nameIn(json, name, SESSION_NAME_BYTES_MAX);
}

/** A name that becomes part of a path: one component of it, and not a hidden one, which readers of traces skip. */
export function nameIn(json: JsonObject, name: string, bytesMax: number): string {
  const value = plainTextIn(json, name, bytesMax);
  if (value.includes('/') || value.startsWith('.')) {
    refuseShape(`${name} must not contain a slash nor begin with a dot`);
  }
  return value;
}

export function absolutePathIn(json: JsonObject, name: string): string {
  const value = plainTextIn(json, name, OUTPUT_BYTES_MAX);
  if (!isAbsolute(value)) refuseShape(`${name} must be an absolute path`);
  const path = normalize(value);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
