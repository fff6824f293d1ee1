import type { JsonValue } from '../app/app-messages.ts';
import {
  absolutePathIn,
  checkChannelAttributes,
  contextNamesIn,
  SESSION_NAME_BYTES_MAX,
  TRACE_FORMATS,
} from '../client/client-shape.ts';
import { statisticsOf } from '../client/reply-check.ts';
import {
  arrayIn,
  booleanIn,
  foreignTextIn,
  integerIn,
  type JsonObject,
  objectOf,
  oneOfIn,
  plainTextIn,
  refuseShape,
} from '../wire/json-shape.ts';
import type { ConsumerCommand, ConsumerRequest } from './consumer-messages.ts';

const KEY_MAX = Number.MAX_SAFE_INTEGER;
const U32_MAX = 2 ** 32 - 1;
const ID_MAX = 2 ** 31 - 1;
const EVENTS_MAX = 65_536;
const ENVIRONMENT_MAX = 256;
const ENVIRONMENT_TEXT_MAX = 4096;
const PROCNAME_LENGTH_MAX = 255;
const PLACE_BYTES_MAX = 512;
const CHANNELS_MAX = 65_536;

/**
 * A message of the session daemon as a request to the consumer daemon.
 *
 * Descriptions of events are passed on unread: they are checked where they become field classes.
 *
 * @throws {ShapeError} `BAD_MESSAGE` naming the member that is wrong.
 */
export function checkConsumerRequest(message: unknown): ConsumerRequest {
  const request = objectOf(message, 'a request');
  return { id: integerIn(request, 'id', 0, KEY_MAX), command: checkCommand(objectOf(request.command, 'command')) };
}

function checkCommand(json: JsonObject): ConsumerCommand {
  const type = json.type;
  switch (type) {
    case 'open-trace':
      return {
        type,
        session: sessionIn(json),
        trace: integerIn(json, 'trace', 0, KEY_MAX),
        output: json.output === null ? null : absolutePathIn(json, 'output'),
        place: placeIn(json, 'place'),
        snapshot: booleanIn(json, 'snapshot'),
        format: oneOfIn(json, 'format', TRACE_FORMATS),
        owner: ownerIn(objectOf(json.owner, 'owner')),
        ringDirectory: json.ringDirectory === null ? null : absolutePathIn(json, 'ringDirectory'),
        uuid: uuidIn(json, 'uuid'),
        clock: oneOfIn(json, 'clock', ['monotonic', 'tsc']),
        clockFrequencyHz: decimalIn(json, 'clockFrequencyHz'),
        clockOffsetNs: decimalIn(json, 'clockOffsetNs'),
        environment: arrayIn(json, 'environment', ENVIRONMENT_MAX).map(checkEnvironmentEntry),
      };
    case 'open-channel':
      return {
        type,
        trace: integerIn(json, 'trace', 0, KEY_MAX),
        channel: integerIn(json, 'channel', 0, KEY_MAX),
        streamClassId: integerIn(json, 'streamClassId', 0, U32_MAX),
        attributes: checkChannelAttributes(objectOf(json.attributes, 'attributes')),
        contexts: contextNamesIn(json, 'contexts'),
      };
    case 'declare-events':
      return {
        type,
        channel: integerIn(json, 'channel', 0, KEY_MAX),
        events: arrayIn(json, 'events', EVENTS_MAX).map((entry) => {
          const event = objectOf(entry, 'an event');
          return { id: integerIn(event, 'id', 0, U32_MAX), spec: objectOf(event.spec, 'spec') as JsonValue };
        }),
      };
    case 'open-ring':
      return {
        type,
        channel: integerIn(json, 'channel', 0, KEY_MAX),
        ring: integerIn(json, 'ring', 0, KEY_MAX),
        path: absolutePathIn(json, 'path'),
        bytes: integerIn(json, 'bytes', 1, ID_MAX),
        streamInstanceId: integerIn(json, 'streamInstanceId', 0, KEY_MAX),
        pid: integerIn(json, 'pid', 0, ID_MAX),
        tid: integerIn(json, 'tid', 0, ID_MAX),
        procname: foreignTextIn(json, 'procname', PROCNAME_LENGTH_MAX),
      };
    case 'close-ring':
      return { type, ring: integerIn(json, 'ring', 0, KEY_MAX) };
    case 'close-trace':
      return { type, trace: integerIn(json, 'trace', 0, KEY_MAX) };
    case 'count-closed-traces':
      return {
        type,
        session: sessionIn(json),
        output: json.output === null ? null : absolutePathIn(json, 'output'),
        snapshot: booleanIn(json, 'snapshot'),
        owner: ownerIn(objectOf(json.owner, 'owner')),
        statistics: statisticsOf(objectOf(json.statistics, 'statistics')),
      };
    case 'remove-checkpoints':
      return {
        type,
        output: absolutePathIn(json, 'output'),
        owner: ownerIn(objectOf(json.owner, 'owner')),
        uuid: uuidIn(json, 'uuid'),
      };
    case 'flush':
    case 'statistics':
    case 'clear':
    case 'close-session':
      return { type, session: sessionIn(json) };
    case 'snapshot':
      return {
        type,
        session: sessionIn(json),
        directory: absolutePathIn(json, 'directory'),
        maxBytes: json.maxBytes === null ? null : integerIn(json, 'maxBytes', 1, KEY_MAX),
      };
    case 'rotate':
      return { type, session: sessionIn(json), archive: absolutePathIn(json, 'archive') };
    case 'regenerate-metadata':
      return { type, trace: integerIn(json, 'trace', 0, KEY_MAX), clockOffsetNs: decimalIn(json, 'clockOffsetNs') };
    case 'channel-use':
      return { type, channels: channelKeysIn(json) };
    case 'reclaim':
      return {
        type,
        session: sessionIn(json),
        channels: channelKeysIn(json),
        until: integerIn(json, 'until', 0, KEY_MAX),
      };
    default:
      return refuseShape('there is no command of this type');
  }
}

function channelKeysIn(json: JsonObject): readonly number[] {
  return arrayIn(json, 'channels', CHANNELS_MAX).map((channel) => integerIn({ channel }, 'channel', 0, KEY_MAX));
}

function sessionIn(json: JsonObject): string {
  return plainTextIn(json, 'session', SESSION_NAME_BYTES_MAX);
}

/** A relative path that stays inside whatever it is put into. */
function placeIn(json: JsonObject, name: string): string {
  const value = plainTextIn(json, name, PLACE_BYTES_MAX);
  const isInside = value.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isInside ? value : refuseShape(`${name} must be a relative path without empty parts, "." and ".."`);
}

function ownerIn(json: JsonObject): { uid: number; gid: number } {
  return { uid: integerIn(json, 'uid', 0, U32_MAX), gid: integerIn(json, 'gid', 0, U32_MAX) };
}

function checkEnvironmentEntry(entry: unknown): readonly [string, string | number] {
  if (!Array.isArray(entry) || entry.length !== 2) return refuseShape('environment must hold pairs of name and value');
  const [name, value] = entry as [unknown, unknown];
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
    return refuseShape('the name of an environment entry must be an identifier');
  }
  if (typeof value === 'string' && value.length <= ENVIRONMENT_TEXT_MAX) return [name, value];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return [name, value];
  return refuseShape(`the environment entry ${name} must be a short text or an integer`);
}

function uuidIn(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return value;
  return refuseShape(`${name} must be a UUID in lower case`);
}

function decimalIn(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value === 'string' && /^-?[0-9]{1,19}$/.test(value)) return value;
  return refuseShape(`${name} must be decimal digits`);
}
