import type { ChannelUse, ConsumerReply } from '../consumer/consumer-messages.ts';
import {
  arrayIn,
  booleanIn,
  foreignTextIn,
  integerIn,
  type JsonObject,
  objectOf,
  refuseShape,
} from '../wire/json-shape.ts';
import type { Notification, Reply, SessionStatistics } from './client-messages.ts';

const CODE_LENGTH_MAX = 255;
const MESSAGE_LENGTH_MAX = 65_536;
const TROUBLES_MAX = 10_000;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

/**
 * A message of a session daemon as the answer to a request of a client.
 *
 * @throws {ShapeError} `BAD_MESSAGE` if it is none. The result's shape is that of the command in `Commands`.
 */
export function checkReply(message: unknown): Reply {
  const reply = objectOf(message, 'a reply');
  const id = integerIn(reply, 'id', 0, COUNT_MAX);
  if (!booleanIn(reply, 'ok')) return { id, ok: false, ...refusalIn(reply) };
  if (reply.result === undefined) refuseShape('a reply must have a result');
  return { id, ok: true, result: reply.result };
}

const NOTIFICATION_KINDS: ReadonlySet<string> = new Set<Notification['kind']>([
  'session-created',
  'session-started',
  'session-stopped',
  'session-changed',
  'session-cleared',
  'session-destroyed',
  'rotation-completed',
  'snapshot-recorded',
  'trigger-fired',
  'application-registered',
  'application-gone',
  'dropped',
]);

/**
 * The notification in a message of a session daemon; undefined if the message is an answer.
 *
 * @throws {ShapeError} `BAD_MESSAGE` for a notification of an unknown kind. Its other members are those of the kind.
 */
export function notificationOf(message: unknown): Notification | undefined {
  const json = objectOf(message, 'a message');
  if (json.notification === undefined) return undefined;
  const notification = objectOf(json.notification, 'notification');
  if (typeof notification.kind === 'string' && NOTIFICATION_KINDS.has(notification.kind)) {
    return notification as unknown as Notification;
  }
  return refuseShape('there is no notification of this kind');
}

/**
 * A message of a consumer daemon as the answer to a request.
 *
 * @throws {ShapeError} `BAD_MESSAGE` if it is none.
 */
export function checkConsumerReply(message: unknown): ConsumerReply {
  const reply = objectOf(message, 'a reply');
  const id = integerIn(reply, 'id', 0, COUNT_MAX);
  if (!booleanIn(reply, 'ok')) return { id, ok: false, ...refusalIn(reply) };
  if (reply.result === null) return { id, ok: true, result: null };
  if (Array.isArray(reply.result)) return { id, ok: true, result: reply.result.map(channelUseOf) };
  return { id, ok: true, result: statisticsOf(objectOf(reply.result, 'result')) };
}

function refusalIn(reply: JsonObject): { code: string; message: string } {
  return {
    code: foreignTextIn(reply, 'code', CODE_LENGTH_MAX),
    message: foreignTextIn(reply, 'message', MESSAGE_LENGTH_MAX),
  };
}

function channelUseOf(value: unknown): ChannelUse {
  const json = objectOf(value, 'the use of a channel');
  return {
    channel: integerIn(json, 'channel', 0, COUNT_MAX),
    usedBytes: countIn(json, 'usedBytes'),
    highestBytes: countIn(json, 'highestBytes'),
    ringBytes: countIn(json, 'ringBytes'),
  };
}

/** @throws {ShapeError} `BAD_MESSAGE` */
export function statisticsOf(json: JsonObject): SessionStatistics {
  const count = (name: keyof SessionStatistics) => countIn(json, name);
  return {
    eventsRecorded: count('eventsRecorded'),
    eventsDiscarded: count('eventsDiscarded'),
    eventsFailed: count('eventsFailed'),
    eventsNested: count('eventsNested'),
    eventsLost: count('eventsLost'),
    packetsLost: count('packetsLost'),
    packets: count('packets'),
    bytes: count('bytes'),
    dataStreams: count('dataStreams'),
    programsNotRecorded: count('programsNotRecorded'),
    troubles: arrayIn(json, 'troubles', TROUBLES_MAX).map((trouble) =>
      foreignTextIn({ trouble }, 'trouble', MESSAGE_LENGTH_MAX),
    ),
  };
}

/** Counts are sums of what applications wrote into their rings: one of them beyond all measure must not hide the rest. */
function countIn(json: JsonObject, name: string): number {
  const value = json[name];
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0) return refuseShape(`${name} must be a count`);
  return Math.min(Math.floor(value), COUNT_MAX);
}
