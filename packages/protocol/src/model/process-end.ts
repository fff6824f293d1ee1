import { boolean, integer, list, nullable, object, oneOf, type Shaped, text } from '../wire/shape.ts';

/** How a process ended. `exception`: by an exception that nothing caught. */
export const EXIT_CAUSES = ['signal', 'exit-code', 'exception', 'out-of-memory', 'unknown'] as const;
const exitCause = oneOf(EXIT_CAUSES);
export type ExitCause = Shaped<typeof exitCause>;
export const exitCauses = list(exitCause, EXIT_CAUSES.length, 'cause');

/** What made a process abort, as its main thread has marked it. */
export const ABORT_REASONS = ['heap-limit', 'process.abort'] as const;
const abortReason = oneOf(ABORT_REASONS);
export type AbortReason = Shaped<typeof abortReason>;

/** The end of a process. Members that do not belong to the cause are null. */
export const processEnd = object({
  cause: exitCause,
  exitCode: nullable(integer(-(2 ** 31), 2 ** 31)),
  signal: nullable(object({ number: integer(0, 2 ** 31), name: text, coreDumped: boolean })),
  /** Of SIGABRT; null where it is not known. */
  abortedBy: nullable(abortReason),
  /** Message and stack of the exception. */
  exception: nullable(text),
});
export type ProcessEnd = Shaped<typeof processEnd>;
