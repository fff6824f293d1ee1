import { RingtailError } from '@ringtail/base';

export type ReaderErrorCode =
  /** There is no trace at the path. */
  | 'NO_TRACE'
  /** A directory or a file of a trace cannot be read. */
  | 'UNREADABLE';

/** Traces cannot be opened or read for a reason that lies in the file system. */
export class ReaderError extends RingtailError<ReaderErrorCode> {
  override readonly name = 'ReaderError';
}
