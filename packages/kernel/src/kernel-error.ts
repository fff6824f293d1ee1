import { RingtailError } from '@ringtail/base';

export type KernelErrorCode =
  /** The process may not use tracefs: it is not root. */
  | 'NOT_PERMITTED'
  /** The kernel has no tracefs, or it cannot be mounted. */
  | 'NO_TRACEFS'
  /** The kernel is locked down and refuses tracefs. */
  | 'LOCKED_DOWN'
  /** The kernel lacks a feature; the message names the option that it was compiled without. */
  | 'NOT_COMPILED_IN'
  /** The kernel has no such event. */
  | 'NO_EVENT'
  /** An instance exists already, or one of its files is open. */
  | 'BUSY'
  /** The kernel refused the value of a control file. */
  | 'REFUSED'
  /** The description of an event cannot be understood. */
  | 'BAD_FORMAT'
  /** Any other failure of a system call; `cause` has it. */
  | 'IO';

/** The kernel refuses to trace, or its description of an event is wrong. */
export class KernelError extends RingtailError<KernelErrorCode> {
  override readonly name = 'KernelError';
}
