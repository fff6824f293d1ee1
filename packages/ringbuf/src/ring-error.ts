import { RingtailError } from '@ringtail/base';

export type RingErrorCode =
  /** The system calls for shared memory are not there; the message says why. */
  | 'NO_POSIX'
  /** A size or name that no ring can have. */
  | 'BAD_OPTIONS'
  /** The ring does not fit into memory or into its file system; the message says what it needs. */
  | 'NO_SPACE'
  /** The ring's file cannot be made; `cause` says why. */
  | 'CANNOT_CREATE'
  /** The file is no ring. */
  | 'NOT_A_RING'
  /** A ring of another ABI version. */
  | 'WRONG_ABI'
  /** A ring, but not the one that was announced. */
  | 'UNEXPECTED'
  /** The file ends before the ring does. */
  | 'TRUNCATED'
  /** A word of the ring cannot be true. */
  | 'CORRUPT'
  /** Reading from or writing to the file failed; `cause` says why. */
  | 'IO';

/** A ring that cannot be made or used. It costs this ring alone. */
export class RingError extends RingtailError<RingErrorCode> {
  override readonly name = 'RingError';
}
