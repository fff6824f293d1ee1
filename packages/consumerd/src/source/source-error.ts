import { RingtailError } from '@ringtail/base';

export type SourceErrorCode =
  /** The memory is not a ring. */
  | 'NOT_A_RING'
  /** A ring of another version. */
  | 'WRONG_ABI'
  /** The source is not the announced one. */
  | 'UNEXPECTED'
  /** The memory ends before the source does. */
  | 'TRUNCATED'
  /** A word of the source is impossible. */
  | 'CORRUPT'
  /** Reading or writing the memory failed; `cause` says why. */
  | 'IO';

/** A source cannot be opened, or is damaged and of no more use. Other sources are not affected. */
export class SourceError extends RingtailError<SourceErrorCode> {
  override readonly name = 'SourceError';
}
