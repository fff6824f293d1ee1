import { isAbsolute, normalize } from 'node:path';
import type { ChannelAttributes, Request } from './client-messages.ts';
import type { EventRule } from './desired-state.ts';
import { arrayIn, integerIn, type JsonObject, objectOf, oneOfIn, plainTextIn, refuseShape } from './json-shape.ts';

export const SESSION_NAME_BYTES_MAX = 255;
/** Trace files are called after their channel and a number, within the 255 bytes of a file name. */
export const CHANNEL_NAME_BYTES_MAX = 200;
export const PATTERN_BYTES_MAX = 255;
export const EXCLUDE_PATTERNS_MAX = 64;
/** Leaves room for the names below it within the 4096 bytes of a path. */
export const OUTPUT_BYTES_MAX = 3800;
export const LOG_LEVEL_MAX = 14;

/**
 * A message of a client as a request. Paths come out normalized, without a slash at the end.
 *
 * Sizes of buffers are only checked to be positive integers: what is possible is the session daemon's knowledge.
 *
 * @throws {ShapeError} `BAD_MESSAGE` naming the parameter that is wrong.
 */
export function checkClientRequest(message: unknown): Request {
  const request = objectOf(message, 'a request');
  const id = integerIn(request, 'id', 0, Number.MAX_SAFE_INTEGER);
  const params = objectOf(request.params, 'params');
  const command = request.command;
  switch (command) {
    case 'hello':
      return { id, command, params: { protocol: integerIn(params, 'protocol', 0, Number.MAX_SAFE_INTEGER) } };
    case 'create-session':
      return {
        id,
        command,
        params: {
          name: sessionNameIn(params, 'name'),
          output: absolutePathIn(params, 'output'),
          shmPath: params.shmPath === null ? null : absolutePathIn(params, 'shmPath'),
          clock: oneOfIn(params, 'clock', ['monotonic', 'tsc']),
        },
      };
    case 'enable-channel':
      return {
        id,
        command,
        params: {
          session: sessionNameIn(params, 'session'),
          channel: checkChannelAttributes(objectOf(params.channel, 'channel')),
        },
      };
    case 'enable-event':
      return {
        id,
        command,
        params: {
          session: sessionNameIn(params, 'session'),
          channel: params.channel === null ? null : nameIn(params, 'channel', CHANNEL_NAME_BYTES_MAX),
          rule: checkEventRule(objectOf(params.rule, 'rule')),
        },
      };
    case 'start-session':
    case 'stop-session':
    case 'destroy-session':
    case 'session-statistics':
    case 'session-sightings':
      return { id, command, params: { session: sessionNameIn(params, 'session') } };
    case 'list-sessions':
    case 'list-applications':
    case 'shutdown':
      return { id, command, params: {} };
    default:
      return refuseShape('there is no command of this name');
  }
}

/** The identifier under which to answer a message that is no request, if it has one. */
export function clientRequestIdOf(message: unknown): number {
  const id = (message as { id?: unknown } | null)?.id;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : 0;
}

export function checkChannelAttributes(json: JsonObject): ChannelAttributes {
  return {
    name: nameIn(json, 'name', CHANNEL_NAME_BYTES_MAX),
    mode: oneOfIn(json, 'mode', ['discard', 'overwrite']),
    subBufBytes: integerIn(json, 'subBufBytes', 1, Number.MAX_SAFE_INTEGER),
    subBufCount: integerIn(json, 'subBufCount', 1, Number.MAX_SAFE_INTEGER),
    header: oneOfIn(json, 'header', ['compact', 'large']),
  };
}

function checkEventRule(json: JsonObject): EventRule {
  const pattern = plainTextIn(json, 'pattern', PATTERN_BYTES_MAX);
  const exclude = json.exclude === undefined ? undefined : checkExclusions(json);
  const logLevel = json.logLevel === undefined ? undefined : checkLogLevels(objectOf(json.logLevel, 'logLevel'));
  return { pattern, ...(exclude && { exclude }), ...(logLevel && { logLevel }) };
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

function sessionNameIn(json: JsonObject, name: string): string {
  return nameIn(json, name, SESSION_NAME_BYTES_MAX);
}

/** A name that becomes part of a path: one component of it, and not a hidden one, which readers of traces skip. */
function nameIn(json: JsonObject, name: string, bytesMax: number): string {
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
