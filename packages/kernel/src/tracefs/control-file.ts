import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { describeError, errnoOf } from '@ringtail/base';
import { KernelError, type KernelErrorCode } from '../kernel-error.ts';

/** Options of the kernel without which a control file is absent. */
const OPTIONS: ReadonlyMap<string, string> = new Map([
  ['kprobe_events', 'CONFIG_KPROBE_EVENTS'],
  ['uprobe_events', 'CONFIG_UPROBE_EVENTS'],
  ['dynamic_events', 'CONFIG_DYNAMIC_EVENTS'],
  ['user_events_data', 'CONFIG_USER_EVENTS'],
  ['synthetic_events', 'CONFIG_SYNTH_EVENTS'],
  ['snapshot', 'CONFIG_TRACER_SNAPSHOT'],
  ['set_ftrace_filter', 'CONFIG_DYNAMIC_FTRACE'],
  ['set_event', 'CONFIG_EVENT_TRACING'],
  ['events', 'CONFIG_EVENT_TRACING'],
]);

const CODES: Readonly<Record<string, KernelErrorCode>> = {
  EACCES: 'NOT_PERMITTED',
  EPERM: 'NOT_PERMITTED',
  EBUSY: 'BUSY',
  EEXIST: 'BUSY',
  EINVAL: 'REFUSED',
  ERANGE: 'REFUSED',
  ENOMEM: 'REFUSED',
  ESRCH: 'REFUSED',
};

/** @throws {KernelError} */
export function readControlFile(path: string): string {
  return withKernelErrors(path, 'read', () => readFileSync(path, 'utf8'));
}

/**
 * Writes a text to a control file, in one call of the kernel.
 *
 * @param options `empties`: opens the file so that the kernel empties its list first
 * @throws {KernelError}
 */
export function writeControlFile(path: string, text: string, options: { readonly empties?: boolean } = {}): void {
  withKernelErrors(path, `set to ${JSON.stringify(text.trim())}`, () => {
    const file = openSync(path, constants.O_WRONLY | (options.empties === true ? constants.O_TRUNC : 0));
    try {
      if (text !== '') writeSync(file, text);
    } finally {
      closeSync(file);
    }
  });
}

/** Runs an action on a path of tracefs. @throws {KernelError} with the path, and the next step where it is known */
export function withKernelErrors<Result>(path: string, verb: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined || cause instanceof KernelError) throw cause;
    const name = path.split('/').at(-1) ?? '';
    const option = OPTIONS.get(name);
    if ((errno === 'ENOENT' || errno === 'EOPNOTSUPP' || errno === 'ENODEV') && option !== undefined) {
      throw new KernelError('NOT_COMPILED_IN', `the kernel has no ${name}: it was compiled without ${option}`, {
        cause,
      });
    }
    const sentence = `${path} cannot be ${verb}: ${describeError(cause)}${adviceOf(errno)}`;
    throw new KernelError(CODES[errno] ?? 'IO', sentence, { cause });
  }
}

function adviceOf(errno: string): string {
  if (errno !== 'EACCES' && errno !== 'EPERM') return '';
  return process.getuid?.() === 0
    ? '; the kernel forbids it to root as well (see "dmesg" for lockdown)'
    : '; tracing the kernel needs root';
}
