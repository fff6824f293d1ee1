import { isMainThread } from 'node:worker_threads';
import { now } from '@ringtail/base/node';
import type { EventSpec, FieldSpec } from '@ringtail/ctf';
import { LogLevels } from '@ringtail/protocol';
import { describeException, type ExceptionDescription } from './describe-exception.ts';

/** A program that handles an exception and ends within this time with an error ends because of it. */
const HANDLED_MS_MAX = 5000;
const GOODBYE_LENGTH_MAX = 65_536;

const STRING: FieldSpec = { kind: 'string' };
const EXIT: EventSpec = {
  name: 'ringtail_process:exit',
  logLevel: LogLevels.notice,
  fields: [{ name: 'code', spec: { kind: 'integer', signed: true, bits: 32, base: 10 } }],
};
const UNCAUGHT_EXCEPTION: EventSpec = {
  name: 'ringtail_process:uncaught_exception',
  logLevel: LogLevels.crit,
  fields: ['message', 'stack', 'cause'].map((name) => ({ name, spec: STRING })),
};

/** The tracer of a thread, as the guard needs it. */
export interface GuardedThread {
  declare(event: EventSpec): unknown;
  /** Sends pending reports, then reports to the daemons how the process ends. */
  sayGoodbye(exitCode: number, exception: string | null): void;
}

/**
 * Records how a guarded process (`RINGTAIL_GUARD=1`) ends, and reports it to the session daemons.
 *
 * In a worker thread it records only exceptions: the thread may end before the process. An end that runs no code of the
 * process (a signal) is found by the session daemon itself.
 */
export function installGuard(thread: GuardedThread): void {
  const recordException = thread.declare(UNCAUGHT_EXCEPTION) as (...values: readonly string[]) => void;
  let last: { readonly text: string; readonly at: number; readonly isHandled: boolean } | undefined;
  process.on('uncaughtExceptionMonitor', (thrown: unknown) => {
    const described = describeException(thrown);
    last = { text: textOf(described), at: now(), isHandled: isHandled() };
    recordException(described.message, described.stack, described.cause);
  });
  if (!isMainThread) return;

  const recordExit = thread.declare(EXIT) as (code: number) => void;
  let isSaid = false;
  const end = (code: unknown) => {
    if (isSaid) return;
    isSaid = true;
    const exitCode = Number(code) | 0;
    recordExit(exitCode);
    const isCause = last !== undefined && exitCode !== 0 && (!last.isHandled || now() - last.at < HANDLED_MS_MAX);
    thread.sayGoodbye(exitCode, isCause ? (last?.text ?? null) : null);
  };
  process.on('exit', end);
  // A program that calls this directly, or has removed our listener, emits no `exit` event for us.
  const raw = process as unknown as { reallyExit(code?: unknown): never };
  const { reallyExit } = raw;
  raw.reallyExit = (code) => {
    end(code);
    return reallyExit.call(process, code);
  };
}

/** Whether the program has a handler of its own, which decides whether it goes on. */
function isHandled(): boolean {
  return process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
}

function textOf({ message, stack, cause }: ExceptionDescription): string {
  const whole = stack.includes(message) ? stack : `${message}\n${stack}`;
  return (cause === '' ? whole : `${whole}\nCaused by: ${cause}`).slice(0, GOODBYE_LENGTH_MAX);
}
