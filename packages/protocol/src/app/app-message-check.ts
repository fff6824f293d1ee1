import { CONTROL_COUNTER_COUNT, CONTROL_SLOT_COUNT } from '../control/control-page.ts';
import type { CapturedValue } from '../model/triggers.ts';
import {
  arrayIn,
  booleanIn,
  foreignLinesIn,
  foreignTextIn,
  integerIn,
  type JsonObject,
  objectOf,
  plainTextIn,
  printable,
  refuseShape,
  ShapeError,
} from '../wire/json-shape.ts';
import type { AppMessage, JsonValue } from './app-messages.ts';
import { APP_PROTOCOL_VERSION } from './app-messages.ts';

/** What one `declare` may hold; a thread with more events sends several. */
export const DECLARE_EVENTS_MAX = 16_384;
/** How deeply the description of an event may be nested. */
export const EVENT_SPEC_DEPTH_MAX = 48;
/** Bytes of an event's name, `provider:event`. */
export const EVENT_NAME_BYTES_MAX = 256;
export const TRACEPOINTS_MAX = 65_536;
const FIELDS_MAX = 4096;
const CAPTURES_MAX = 64;
const CAPTURE_DEPTH_MAX = 2;
const CAPTURE_ELEMENTS_MAX = 4096;
const CAPTURE_LENGTH_MAX = 65_536;
const MAP_KEY_LENGTH_MAX = 512;
const EXCEPTION_LENGTH_MAX = 65_536;

const ID_MAX = 2 ** 31 - 1;
const KEY_MAX = Number.MAX_SAFE_INTEGER;
const TEXT_LENGTH_MAX = 255;
const TROUBLE_LENGTH_MAX = 1024;

/**
 * A message of an application as one of the protocol.
 *
 * Texts that only people read (process name, runtime, list of tracepoints, troubles) come out cut and without control characters.
 *
 * @throws {ShapeError} `PROTOCOL_VERSION` for a registration of another version, else `BAD_MESSAGE`.
 */
export function checkAppMessage(message: unknown): AppMessage {
  const json = objectOf(message, 'a message');
  const type = json.type;
  switch (type) {
    case 'register':
      return checkRegister(json);
    case 'unable':
      checkProtocol(json);
      return {
        type,
        protocol: APP_PROTOCOL_VERSION,
        procname: foreignTextIn(json, 'procname', TEXT_LENGTH_MAX),
        reason: foreignTextIn(json, 'reason', TROUBLE_LENGTH_MAX),
      };
    case 'declare':
      return {
        type,
        channel: integerIn(json, 'channel', 0, KEY_MAX),
        events: arrayIn(json, 'events', DECLARE_EVENTS_MAX).map(checkEventSpec),
      };
    case 'ring':
      return { type, channel: integerIn(json, 'channel', 0, KEY_MAX), bytes: integerIn(json, 'bytes', 1, ID_MAX) };
    case 'trouble':
      return {
        type,
        channel: json.channel === null ? null : integerIn(json, 'channel', 0, KEY_MAX),
        code: foreignTextIn(json, 'code', TEXT_LENGTH_MAX),
        message: foreignTextIn(json, 'message', TROUBLE_LENGTH_MAX),
      };
    case 'tracepoints':
      return {
        type,
        tracepoints: arrayIn(json, 'tracepoints', TRACEPOINTS_MAX).map((entry) => {
          const tracepoint = objectOf(entry, 'a tracepoint');
          return {
            name: foreignTextIn(tracepoint, 'name', EVENT_NAME_BYTES_MAX),
            logLevel: integerIn(tracepoint, 'logLevel', 0, 255),
            fields: arrayIn(tracepoint, 'fields', FIELDS_MAX).map((field) => {
              if (depthExceeds(field, EVENT_SPEC_DEPTH_MAX)) refuseShape('a field is nested too deep');
              return field as JsonValue;
            }),
          };
        }),
      };
    case 'trigger-matched':
      return {
        type,
        trigger: integerIn(json, 'trigger', 0, KEY_MAX),
        matches: integerIn(json, 'matches', 0, KEY_MAX),
        discarded: integerIn(json, 'discarded', 0, KEY_MAX),
        captures: arrayIn(json, 'captures', CAPTURES_MAX).map((value) => capturedValue(value, CAPTURE_DEPTH_MAX)),
      };
    case 'counters':
      return {
        type,
        counters: arrayIn(json, 'counters', CONTROL_COUNTER_COUNT).map((entry) => {
          const counter = objectOf(entry, 'a counter');
          return {
            index: integerIn(counter, 'index', 0, CONTROL_COUNTER_COUNT - 1),
            map: integerIn(counter, 'map', 0, KEY_MAX),
            key: foreignTextIn(counter, 'key', MAP_KEY_LENGTH_MAX),
            start: integerIn(counter, 'start', 0, KEY_MAX),
          };
        }),
      };
    case 'alive':
      return { type, turn: integerIn(json, 'turn', 0, KEY_MAX) };
    case 'goodbye':
      return {
        type,
        exitCode: integerIn(json, 'exitCode', -ID_MAX, ID_MAX),
        exception: json.exception === null ? null : foreignLinesIn(json, 'exception', EXCEPTION_LENGTH_MAX),
      };
    default:
      return refuseShape('there is no message of this type');
  }
}

function checkProtocol({ protocol }: JsonObject): void {
  if (protocol === APP_PROTOCOL_VERSION) return;
  throw new ShapeError(
    'PROTOCOL_VERSION',
    `this daemon speaks version ${APP_PROTOCOL_VERSION} of the application protocol`,
  );
}

function checkRegister(json: JsonObject): AppMessage {
  checkProtocol(json);
  return {
    type: 'register',
    protocol: APP_PROTOCOL_VERSION,
    tracerVersion: foreignTextIn(json, 'tracerVersion', TEXT_LENGTH_MAX),
    runtime: foreignTextIn(json, 'runtime', TEXT_LENGTH_MAX),
    pid: integerIn(json, 'pid', 1, ID_MAX),
    tid: integerIn(json, 'tid', 1, ID_MAX),
    ppid: integerIn(json, 'ppid', 0, ID_MAX),
    procname: foreignTextIn(json, 'procname', TEXT_LENGTH_MAX),
    mainThread: booleanIn(json, 'mainThread'),
    slot: integerIn(json, 'slot', 0, CONTROL_SLOT_COUNT - 1),
  };
}

/** Values of an application, as plain data of a bounded depth; texts are cut and made printable. */
function capturedValue(value: unknown, levels: number): CapturedValue {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return value;
    case 'string':
      return printable(value, CAPTURE_LENGTH_MAX);
    default:
      if (Array.isArray(value) && levels > 0 && value.length <= CAPTURE_ELEMENTS_MAX) {
        return value.map((element) => capturedValue(element, levels - 1));
      }
      return null;
  }
}

function checkEventSpec(value: unknown): JsonValue {
  const spec = objectOf(value, 'an event');
  plainTextIn(spec, 'name', EVENT_NAME_BYTES_MAX);
  if (depthExceeds(spec, EVENT_SPEC_DEPTH_MAX))
    refuseShape(`an event is nested more than ${EVENT_SPEC_DEPTH_MAX} deep`);
  return spec as JsonValue;
}

function depthExceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => depthExceeds(member, levels - 1));
}
