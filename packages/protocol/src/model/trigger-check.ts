import { isAbsolute } from 'node:path';
import {
  checkEventRule,
  checkSnapshotOutput,
  countIn,
  nameIn,
  orNull,
  PATTERN_BYTES_MAX,
  SESSION_NAME_BYTES_MAX,
  sizeIn,
  snapshotNameIn,
  textsIn,
} from '../client/client-shape.ts';
import {
  arrayIn,
  integerIn,
  type JsonObject,
  objectOf,
  oneOfIn,
  plainTextIn,
  refuseShape,
} from '../wire/json-shape.ts';
import type { EventRule } from './event-rule.ts';
import {
  EXIT_CAUSES,
  MAP_VALUE_TYPES,
  type MapChannelParameters,
  type RatePolicy,
  type TriggerAction,
  type TriggerCondition,
  type TriggerDefinition,
} from './triggers.ts';

export const TRIGGER_NAME_BYTES_MAX = 255;
export const TRIGGER_ACTIONS_MAX = 64;
export const CAPTURES_MAX = 64;
export const CAPTURE_BYTES_MAX = 1024;
export const MAP_KEYS_MAX = 8192;
const MAP_NAME_BYTES_MAX = 200;
const KEY_TEMPLATE_BYTES_MAX = 256;
const EXEC_WORDS_MAX = 256;
const EXEC_WORD_BYTES_MAX = 4096;
const URL_BYTES_MAX = 2048;
const TIMEOUT_MS_MAX = 3_600_000;
const ATTEMPTS_MAX = 100;

/** @throws {ShapeError} `BAD_MESSAGE` naming the member that is wrong. */
export function checkTrigger(json: JsonObject): TriggerDefinition {
  return {
    name: orNull(json, 'name', triggerNameIn),
    condition: checkCondition(objectOf(json.condition, 'condition')),
    actions: arrayIn(json, 'actions', TRIGGER_ACTIONS_MAX).map((action) => checkAction(objectOf(action, 'an action'))),
  };
}

export function triggerNameIn(json: JsonObject, name: string): string {
  return plainTextIn(json, name, TRIGGER_NAME_BYTES_MAX);
}

/** A map that is to be made; one without a name gets one. */
export function checkMap(json: JsonObject): MapChannelParameters {
  return {
    name: orNull(json, 'name', mapNameIn),
    valueType: oneOfIn(json, 'valueType', MAP_VALUE_TYPES),
    keyCountMax: integerIn(json, 'keyCountMax', 1, MAP_KEYS_MAX),
    updatePolicy: oneOfIn(json, 'updatePolicy', ['per-event', 'per-rule-match']),
    ownership: oneOfIn(json, 'ownership', ['user', 'process']),
    deadProcesses: oneOfIn(json, 'deadProcesses', ['drop', 'sum']),
  };
}

/** No file is called by the name of a map, so it may have a slash. */
function mapNameIn(json: JsonObject, name: string): string {
  return plainTextIn(json, name, MAP_NAME_BYTES_MAX);
}

function checkCondition(json: JsonObject): TriggerCondition {
  const kind = json.kind;
  switch (kind) {
    case 'event-rule-matches':
      return { kind, rule: ruleIn(json), captures: textsIn(json, 'captures', CAPTURES_MAX, CAPTURE_BYTES_MAX) };
    case 'channel-buffer-usage':
      return {
        kind,
        session: sessionIn(json),
        channel: nameIn(json, 'channel', 200),
        comparison: oneOfIn(json, 'comparison', ['at-least', 'at-most']),
        threshold: checkThreshold(objectOf(json.threshold, 'threshold')),
      };
    case 'session-consumed-size':
      return { kind, session: sessionIn(json), bytes: countIn(json, 'bytes') };
    case 'session-rotation':
      return { kind, session: sessionIn(json), phase: oneOfIn(json, 'phase', ['starts', 'finishes']) };
    case 'session-trouble':
      return { kind, session: sessionIn(json) };
    case 'application-exited':
      return {
        kind,
        procname: patternIn(json, 'procname'),
        causes: arrayIn(json, 'causes', EXIT_CAUSES.length).map((cause) => oneOfIn({ cause }, 'cause', EXIT_CAUSES)),
      };
    case 'event-rate-above':
      return { kind, rule: ruleIn(json), perSecond: numberIn(json, 'perSecond', 0, Number.MAX_SAFE_INTEGER) };
    case 'no-event-for':
      return { kind, rule: ruleIn(json), periodUs: sizeIn(json, 'periodUs') };
    case 'event-loop-stalled':
      return { kind, procname: patternIn(json, 'procname'), periodUs: sizeIn(json, 'periodUs') };
    default:
      return refuseShape('there is no condition of this kind');
  }
}

function checkAction(json: JsonObject): TriggerAction {
  const kind = json.kind;
  const ratePolicy = checkRatePolicy(objectOf(json.ratePolicy, 'ratePolicy'));
  switch (kind) {
    case 'notify':
      return { kind, ratePolicy };
    case 'start-session':
    case 'stop-session':
    case 'rotate-session':
      return { kind, ratePolicy, session: sessionIn(json) };
    case 'snapshot-session':
      return {
        kind,
        ratePolicy,
        session: sessionIn(json),
        output: json.output === null ? null : checkSnapshotOutput(objectOf(json.output, 'output')),
        name: orNull(json, 'name', snapshotNameIn),
        maxBytes: orNull(json, 'maxBytes', sizeIn),
      };
    case 'increment':
      return {
        kind,
        ratePolicy,
        session: sessionIn(json),
        map: mapNameIn(json, 'map'),
        key: plainTextIn(json, 'key', KEY_TEMPLATE_BYTES_MAX),
      };
    case 'exec':
      return {
        kind,
        ratePolicy,
        command: checkCommand(json),
        timeoutMs: integerIn(json, 'timeoutMs', 1, TIMEOUT_MS_MAX),
      };
    case 'webhook':
      return {
        kind,
        ratePolicy,
        url: checkUrl(plainTextIn(json, 'url', URL_BYTES_MAX)),
        timeoutMs: integerIn(json, 'timeoutMs', 1, TIMEOUT_MS_MAX),
        attempts: integerIn(json, 'attempts', 1, ATTEMPTS_MAX),
      };
    default:
      return refuseShape('there is no action of this kind');
  }
}

function checkRatePolicy(json: JsonObject): RatePolicy {
  return json.onceAfter === undefined ? { every: sizeIn(json, 'every') } : { onceAfter: sizeIn(json, 'onceAfter') };
}

function checkThreshold(json: JsonObject): { ratio: number } | { bytes: number } {
  return json.ratio === undefined
    ? { bytes: integerIn(json, 'bytes', 0, Number.MAX_SAFE_INTEGER) }
    : { ratio: numberIn(json, 'ratio', 0, 1) };
}

/** Relative names would be looked up in a PATH that is not the owner's. */
function checkCommand(json: JsonObject): readonly string[] {
  const command = textsIn(json, 'command', EXEC_WORDS_MAX, EXEC_WORD_BYTES_MAX);
  if (command[0] === undefined || !isAbsolute(command[0])) refuseShape('command must begin with an absolute path');
  return command;
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? text : refuseShape('url must be one of HTTP');
}

function numberIn(json: JsonObject, name: string, min: number, max: number): number {
  const value = json[name];
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return refuseShape(`${name} must be a number from ${min} to ${max}`);
}

function ruleIn(json: JsonObject): EventRule {
  return checkEventRule(objectOf(json.rule, 'rule'));
}

function sessionIn(json: JsonObject): string {
  return nameIn(json, 'session', SESSION_NAME_BYTES_MAX);
}

function patternIn(json: JsonObject, name: string): string {
  return plainTextIn(json, name, PATTERN_BYTES_MAX);
}
