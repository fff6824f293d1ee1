/**
 * Requests of a session daemon to the consumer daemon that it started, with their answers. The consumer connects to a
 * Unix socket.
 *
 * Every request is idempotent: a session daemon repeats all of them to a consumer that it had to start again.
 */
import type { Reply } from '../wire/reply.ts';
import { count, object, type Shape, type Shaped, type VariantOf, variant } from '../wire/shape.ts';
import { ringRequests } from './ring-requests.ts';
import { sessionRequests } from './session-requests.ts';
import { traceRequests } from './trace-requests.ts';

export const CONSUMER_FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Directory in a session's output, of files that outlive the trace chunks. */
export const STATE_DIRECTORY = '.ringtail';
/** File in the directory of a snapshot, with the statistics of the finished snapshot. */
export const SNAPSHOT_NOTE = '.snapshot.json';

const requests = { ...traceRequests, ...ringRequests, ...sessionRequests };
type Requests = typeof requests;
type MembersByType = { readonly [Type in keyof Requests]: Requests[Type]['members'] };

const membersByType = Object.fromEntries(
  Object.entries(requests).map(([type, { members }]) => [type, members]),
) as unknown as MembersByType;

const consumerRequest = object({
  id: count,
  command: variant('type', membersByType, 'there is no command of this type'),
});

export type ConsumerRequest = Shaped<typeof consumerRequest>;
export type ConsumerCommand = VariantOf<'type', MembersByType>;
export type ConsumerCommandOf<Type extends ConsumerCommand['type']> = Extract<ConsumerCommand, { readonly type: Type }>;
/** Result of each type of command. */
export type ConsumerResults = { readonly [Type in keyof Requests]: Shaped<Requests[Type]['result']> };

export type OpenTraceRequest = ConsumerCommandOf<'open-trace'>;
export type OpenChannelRequest = ConsumerCommandOf<'open-channel'>;
export type DeclareEventsRequest = ConsumerCommandOf<'declare-events'>;
export type OpenRingRequest = ConsumerCommandOf<'open-ring'>;
export type CloseRingRequest = ConsumerCommandOf<'close-ring'>;
export type CloseTraceRequest = ConsumerCommandOf<'close-trace'>;
export type CountClosedTracesRequest = ConsumerCommandOf<'count-closed-traces'>;
export type RemoveCheckpointsRequest = ConsumerCommandOf<'remove-checkpoints'>;
export type FlushRequest = ConsumerCommandOf<'flush'>;
export type StatisticsRequest = ConsumerCommandOf<'statistics'>;
export type CloseSessionRequest = ConsumerCommandOf<'close-session'>;
export type SnapshotRequest = ConsumerCommandOf<'snapshot'>;
export type RotateRequest = ConsumerCommandOf<'rotate'>;
export type ClearRequest = ConsumerCommandOf<'clear'>;
export type RegenerateMetadataRequest = ConsumerCommandOf<'regenerate-metadata'>;
export type ReclaimRequest = ConsumerCommandOf<'reclaim'>;
export type ChannelUseRequest = ConsumerCommandOf<'channel-use'>;

/**
 * Checks a request.
 *
 * Descriptions of events pass unread: the consumer checks them when it makes field classes of them.
 *
 * @throws {ShapeError} `BAD_MESSAGE` naming the member that is wrong.
 */
export function checkConsumerRequest(message: unknown): ConsumerRequest {
  return consumerRequest(message, 'a request', 'all');
}

export type ConsumerReply<Type extends ConsumerCommand['type'] = ConsumerCommand['type']> = Reply<
  ConsumerResults[Type]
>;

/**
 * Checks the result in an answer to a command of this type.
 *
 * @throws {ShapeError} `BAD_MESSAGE`
 */
export function checkConsumerReply<Type extends ConsumerCommand['type']>(
  type: Type,
  reply: Reply,
): ConsumerReply<Type> {
  if (!reply.ok) return reply;
  const result = requests[type].result as Shape<ConsumerResults[Type]>;
  return { ...reply, result: result(reply.result, `the result of ${type}`, 'all') };
}
