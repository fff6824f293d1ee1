import { RingtailError } from '@ringtail/base';

export type WriteErrorCode =
  /** A value does not fit its field. */
  | 'OUT_OF_RANGE'
  /**
   * The event record headers of a data stream are too narrow for the time between two events, and packets contain no
   * begin.
   */
  | 'CLOCK_GAP'
  /** A dependent field occurs without the field that it depends on. */
  | 'UNSET_REFERENCE';

/** A packet cannot be written as its classes want it. */
export class WriteError extends RingtailError<WriteErrorCode> {
  override readonly name = 'WriteError';
}
