import { constants } from 'node:os';
import type { AbortReason, GoodbyeMessage, ProcessEnd } from '@ringtail/protocol';

/** Evidence for the cause of a process's end. */
export interface EndEvidence {
  /** The status that `waitpid` gives; undefined if it is not known. */
  readonly status: number | undefined;
  /** The last message of the process. */
  readonly goodbye: Pick<GoodbyeMessage, 'exitCode' | 'exception'> | undefined;
  /** The reason for which the main thread was about to abort; null if it has marked none. */
  readonly abort: AbortReason | null;
  /** Whether the kernel killed it because memory was short; called for processes that SIGKILL ended. */
  readonly oomKilled: () => boolean;
}

/**
 * The low seven bits of a status are the signal's number, the next says that there is a core dump, then comes the
 * code.
 */
const SIGNAL_MASK = 0x7f;
const CORE_DUMPED = 0x80;
const CODE_SHIFT = 8;
const CODE_MASK = 0xff;

const NOTHING = { exitCode: null, signal: null, abortedBy: null, exception: null } as const;

/**
 * The cause of a process's end. The kernel's evidence goes before the process's, which may have said goodbye and then
 * been killed.
 *
 * A program that exceeds V8's heap limit ends by SIGABRT, like a program that calls `process.abort()`: the cause of
 * both is `signal`.
 */
export function processEndOf({ status, goodbye, abort, oomKilled }: EndEvidence): ProcessEnd {
  const exception = goodbye?.exception ?? null;
  if (status === undefined) {
    if (goodbye === undefined) return { ...NOTHING, cause: 'unknown' };
    return exited(goodbye.exitCode, exception);
  }
  const number = status & SIGNAL_MASK;
  if (number === 0) return exited((status >> CODE_SHIFT) & CODE_MASK, exception);
  const signal = { number, name: signalName(number), coreDumped: (status & CORE_DUMPED) !== 0 };
  const outOfMemory = number === constants.signals.SIGKILL && oomKilled();
  const abortedBy = number === constants.signals.SIGABRT ? abort : null;
  return { cause: outOfMemory ? 'out-of-memory' : 'signal', exitCode: null, signal, abortedBy, exception };
}

function exited(exitCode: number, exception: string | null): ProcessEnd {
  return { cause: exception === null ? 'exit-code' : 'exception', exitCode, signal: null, abortedBy: null, exception };
}

/** Some signals have two names in Node.js: the first. */
function signalName(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0] ?? `signal ${number}`;
}

/** In words, for a line in the log. */
export function describeEnd({ cause, exitCode, signal, abortedBy, exception }: ProcessEnd): string {
  if (cause === 'unknown') return 'ended for an unknown reason';
  if (signal !== null) {
    const why = cause === 'out-of-memory' ? ', for want of memory' : '';
    const abort = abortedBy === null ? '' : ` (${abortedBy})`;
    return `ended by ${signal.name}${abort}${signal.coreDumped ? ', with a core dump' : ''}${why}`;
  }
  return exception === null ? `ended with exit code ${exitCode}` : `ended by an exception, with exit code ${exitCode}`;
}
