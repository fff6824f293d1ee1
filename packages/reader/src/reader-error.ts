import { RingtailError } from '@ringtail/base';

export type ReaderErrorCode =
  /** There is no trace at the path. */
  | 'NO_TRACE'
  /** A directory or a file of a trace cannot be read. */
  | 'UNREADABLE'
  /** A text is no time, or a time range ends before it begins. */
  | 'BAD_TIME'
  /** A data stream without a clock cannot be cut by time. */
  | 'NO_CLOCK'
  /** An event is earlier than the event before it, where that is not expected. */
  | 'TIME_BACKWARDS'
  /** A packet differs from the index of its data stream. */
  | 'INDEX_WRONG'
  /** An event lies behind the end of its packet, where that is not expected. */
  | 'PACKET_EXCEEDED'
  /** The data streams of a trace have no time in common, or do not contain their times. */
  | 'NO_INTERSECTION'
  /** Something is already where output is to go. */
  | 'OUTPUT_EXISTS'
  | 'UNWRITABLE'
  /** A process that helped to print ended while it wrote. */
  | 'JOB_ENDED';

/** Traces cannot be opened or read for a reason that lies in the file system. */
export class ReaderError extends RingtailError<ReaderErrorCode> {
  override readonly name = 'ReaderError';
}
