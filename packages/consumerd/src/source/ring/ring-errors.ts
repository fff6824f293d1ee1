import { RingError } from '@ringtail/ringbuf';
import { SourceError, type SourceErrorCode } from '../source-error.ts';

/** Runs an action on a ring. @throws {SourceError} in place of a `RingError` */
export function withSourceErrors<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof RingError)) throw error;
    // Consumers of rings throw no other codes: those belong to producers.
    throw new SourceError(error.code as SourceErrorCode, error.message, { cause: error });
  }
}
