/** Requests about traces and their channels. */
import { channelAttributes, channelKey, streamClassId } from '../model/channel.ts';
import { DOMAIN_DIRECTORIES } from '../model/domain.ts';
import { absolutePath, contextNames } from '../model/names.ts';
import { sessionStatistics } from '../model/statistics.ts';
import { clockKind, traceFormat } from '../model/trace.ts';
import type { JsonValue } from '../wire/json-value.ts';
import {
  boolean,
  count,
  integer,
  list,
  nothing,
  nullable,
  object,
  objectOf,
  oneOf,
  refined,
  refuseShape,
  type Shape,
} from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';
import { destination } from './destination.ts';
import { decimal, owner, request, session, uuid } from './request.ts';

/** Event record classes that the session daemon gives one channel of a trace. */
const EVENTS_MAX = 65_536;
/** The session daemon sends at most 14 entries. */
const ENVIRONMENT_MAX = 256;
/** The session daemon sends names of at most 255 bytes. */
const ENVIRONMENT_TEXT_MAX = 4096;
/** Above the longest path: a process name of 128 bytes, a number and a date. */
const TRACE_PATH_BYTES_MAX = 512;

/** A relative path that stays inside the directory of a domain. */
const tracePath = refined(plainText(TRACE_PATH_BYTES_MAX), (value, name) => {
  const parts = value.split('/');
  const isInside = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isInside) return refuseShape(`${name} must be a relative path without empty parts, "." and ".."`);
  if (DOMAIN_DIRECTORIES.includes(parts[0] as string)) return value;
  return refuseShape(`${name} must begin with the directory of a domain: ${DOMAIN_DIRECTORIES.join(' or ')}`);
});

const environmentEntry: Shape<readonly [name: string, value: string | number]> = (entry) => {
  if (!Array.isArray(entry) || entry.length !== 2) return refuseShape('environment must hold pairs of name and value');
  const [name, value] = entry as [unknown, unknown];
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
    return refuseShape('the name of an environment entry must be an identifier');
  }
  if (typeof value === 'string' && value.length <= ENVIRONMENT_TEXT_MAX) return [name, value];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return [name, value];
  return refuseShape(`the environment entry ${name} must be a short text or an integer`);
};

/**
 * `EventSpec` of `@ringtail/ctf`, or `EventDeclaration` of `@ringtail/kernel` in a channel of CPUs. It is passed on
 * unread: the consumer checks it when it makes a field class of it.
 */
const eventSpec: Shape<JsonValue> = (value, name) => objectOf(value, name) as JsonValue;

/** Key of a trace, which the session daemon gives. */
const trace = count;
/** Destination of the session, with its current trace chunk; null: the session writes only snapshots. */
const output = nullable(destination);
/**
 * Realtime at the clock's zero, nanoseconds. Fixed when the session is created, so that metadata comes out the same
 * again.
 */
const clockOffsetNs = decimal;

export const traceRequests = {
  /** Opens a trace: one for each session and user, or process. */
  'open-trace': request(
    {
      session,
      trace,
      output,
      /** Path of the trace in a chunk or snapshot: `ust/uid/<uid>/64-bit`, `ust/pid/<procname>-<pid>-<datetime>`. */
      tracePath,
      /** Flight recorder: rings are read for snapshots only. */
      snapshot: boolean,
      format: traceFormat,
      owner,
      /** Directory of ring files, which gets a copy of the metadata for `ringtail crash`; or null. */
      ringDirectory: nullable(absolutePath),
      uuid,
      clock: clockKind,
      /** Cycles of the clock a second. */
      clockFrequencyHz: decimal,
      clockOffsetNs,
      environment: list(environmentEntry, ENVIRONMENT_MAX),
    },
    nothing,
  ),
  /** Opens a channel: one data stream class of the trace. */
  'open-channel': request(
    {
      trace,
      channel: channelKey,
      streamClassId,
      attributes: channelAttributes,
      contexts: contextNames,
      /** Origin of a data stream of the channel: a thread of a program, or a CPU that the kernel traces. */
      producer: oneOf(['thread', 'cpu']),
    },
    nothing,
  ),
  /** Declares event record classes. Answered when the metadata is written. */
  'declare-events': request(
    {
      channel: channelKey,
      events: list(object({ id: integer(0, 2 ** 32 - 1), spec: eventSpec }), EVENTS_MAX, 'an event'),
    },
    nothing,
  ),
  /**
   * Closes the trace of a process that has ended, and whose rings are closed. Answers the statistics of this trace,
   * which the session continues to count. Checkpoints stay, so that another consumer answers a repeated request with
   * the same.
   */
  'close-trace': request({ trace }, sessionStatistics),
  /**
   * Gives the session the statistics of traces that a former consumer closed since the session was last cleared. It
   * also says where the session writes, since no trace may be open.
   */
  'count-closed-traces': request({ session, output, snapshot: boolean, owner, statistics: sessionStatistics }, nothing),
  /** Removes the checkpoints of a closed trace, whose statistics the session daemon has. */
  'remove-checkpoints': request({ output: destination, owner, uuid }, nothing),
  /** Rewrites the metadata of a trace with another clock offset. */
  'regenerate-metadata': request({ trace, clockOffsetNs }, sessionStatistics),
};
