import { RingtailError } from '@ringtail/base';

export type ConsumerErrorCode =
  /** A request is not what the protocol says it is. */
  | 'BAD_REQUEST'
  /** A request repeats a key with other content. */
  | 'CONFLICT'
  | 'NO_TRACE'
  | 'NO_CHANNEL'
  | 'NO_RING'
  /** Snapshots are taken of sessions that were made for them. */
  | 'NOT_A_SNAPSHOT_SESSION'
  /** A directory is a symbolic link, somebody else's, or holds another trace. */
  | 'DIRECTORY_REFUSED'
  /** Memory of rings cannot be given back without a risk for events. */
  | 'NOT_RECLAIMABLE'
  /** The ring file is not the one that was announced. */
  | 'RING_REFUSED'
  /** A trace file could not be written; repeating the request may help. */
  | 'NOT_WRITTEN';

/** A request of the session daemon that this consumer does not carry out. */
export class ConsumerError extends RingtailError<ConsumerErrorCode> {
  override readonly name = 'ConsumerError';
}
