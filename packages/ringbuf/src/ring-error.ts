import { RingtailError } from '@ringtail/base';

export type RingErrorCode =
  /** The system calls for shared memory are not available; the message says why. */
  | 'NO_POSIX'
  /** A size or name that is impossible for a ring. */
  | 'BAD_OPTIONS'
  /** The ring does not fit into memory or into its file system; the message says what it needs. */
  | 'NO_SPACE'
  /** The ring's file cannot be made; `cause` says why. */
  | 'CANNOT_CREATE'
  /** The file is not a ring. */
  | 'NOT_A_RING'
  /** A ring of another ABI version. */
  | 'WRONG_ABI'
  /** The ring is not the announced one. */
  | 'UNEXPECTED'
  /** The file ends before the ring does. */
  | 'TRUNCATED'
  /** A word of the ring is impossible. */
  | 'CORRUPT'
  /** Reading from or writing to the file failed; `cause` says why. */
  | 'IO';

/** A ring cannot be made or used. Other rings are not affected. */
export class RingError extends RingtailError<RingErrorCode> {
  override readonly name = 'RingError';
}
