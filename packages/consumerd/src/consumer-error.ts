import { RingtailError } from '@ringtail/base';

export type ConsumerErrorCode =
  /** A request does not follow the protocol. */
  | 'BAD_REQUEST'
  /** A request repeats a key with other content. */
  | 'CONFLICT'
  | 'NO_TRACE'
  | 'NO_CHANNEL'
  | 'NO_RING'
  /** The session is not a flight recorder. */
  | 'NOT_A_SNAPSHOT_SESSION'
  /** A directory is a symbolic link, belongs to another user, or holds another trace. */
  | 'DIRECTORY_REFUSED'
  /** The memory of rings cannot be given back without a risk for events. */
  | 'NOT_RECLAIMABLE'
  /** A trace file could not be written; repeating the request may help. */
  | 'NOT_WRITTEN';

/** Refusal of a request of the session daemon. */
export class ConsumerError extends RingtailError<ConsumerErrorCode> {
  override readonly name = 'ConsumerError';
}
