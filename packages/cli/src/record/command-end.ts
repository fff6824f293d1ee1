import { constants } from 'node:os';
import type { ProcessEnd } from '@ringtail/protocol';
import type { CommandEnd } from './run-command.ts';

/** The command's end, from its wait status and the daemon's report. */
export function endOf({ code, signal }: CommandEnd, told: ProcessEnd | undefined): ProcessEnd {
  if (signal === null) {
    const exception = told?.exception ?? null;
    return {
      cause: exception === null ? 'exit-code' : 'exception',
      exitCode: code ?? 0,
      signal: null,
      abortedBy: null,
      exception,
    };
  }
  return {
    cause: told?.cause === 'out-of-memory' ? 'out-of-memory' : 'signal',
    exitCode: null,
    signal: { number: constants.signals[signal], name: signal, coreDumped: told?.signal?.coreDumped ?? false },
    abortedBy: signal === 'SIGABRT' ? (told?.abortedBy ?? null) : null,
    exception: told?.exception ?? null,
  };
}

const ABORTED_BY = { 'heap-limit': " at V8's heap limit", 'process.abort': ' of process.abort()' } as const;

/** `was killed by SIGSEGV, with a core dump`. */
export function describeEnd({ cause, exitCode, signal, abortedBy, exception }: ProcessEnd): string {
  if (signal !== null) {
    const core = signal.coreDumped ? ', with a core dump' : '';
    const why = cause === 'out-of-memory' ? ' for want of memory' : abortedBy === null ? '' : ABORTED_BY[abortedBy];
    return `was killed by ${signal.name}${why}${core}`;
  }
  if (exitCode === null) return 'ended, and nobody knows why';
  return exception === null
    ? `ended with exit code ${exitCode}`
    : `ended by an uncaught exception (exit code ${exitCode})`;
}

const RAISE_HEAP_LIMIT = 'raise it with --max-old-space-size=MIB, in the command or in NODE_OPTIONS';
/** For a process that has left no mark of its reason. */
const ABORT_CAUSES = `V8's heap limit, if the program's last lines say "heap out of memory":
${RAISE_HEAP_LIMIT}
otherwise a failed check of native code, a signal from outside, or process.abort()`;

/** Advice after an end by SIGABRT, with its label; several lines. Also where another process reached the heap limit. */
export function explainAbort(
  end: ProcessEnd,
  others: readonly ProcessEnd[],
): [label: string, text: string] | undefined {
  if ([end, ...others].some(({ abortedBy }) => abortedBy === 'heap-limit')) return ['heap limit', RAISE_HEAP_LIMIT];
  return end.signal?.name === 'SIGABRT' && end.abortedBy === null ? ['SIGABRT', ABORT_CAUSES] : undefined;
}
