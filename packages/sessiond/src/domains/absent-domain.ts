import type { DomainName, Instrumentation } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';

const NO_INSTRUMENTATION: Instrumentation = { applications: [], tracepointLists: [], events: [] };

/** Why a session daemon does not trace the kernel, and the next step. */
export interface KernelAbsence {
  readonly reason: string;
  readonly hint: string;
}

/** At the daemon of a user other than root. */
export const KERNEL_NEEDS_ROOT: KernelAbsence = {
  reason: 'the kernel is traced by a session daemon of root only',
  hint: 'as root: ringtail sessiond -d; members of its group tracing then use it too. Node.js programs are traced with -u',
};

/** At a daemon that was started with `--no-kernel`. */
export const KERNEL_LEFT_OUT: KernelAbsence = {
  reason: 'the session daemon was started with --no-kernel',
  hint: 'start it without --no-kernel. Node.js programs are traced with -u',
};

/**
 * Refuses a command about a domain that this session daemon does not have, with the next step.
 *
 * @throws {DaemonError} `UNSUPPORTED`, always
 */
export function refuseAbsent(name: DomainName, kernel: KernelAbsence): never {
  if (name === 'kernel') throw new DaemonError('UNSUPPORTED', `not supported: ${kernel.reason}`, { hint: kernel.hint });
  throw new DaemonError('UNSUPPORTED', `not supported yet: --${name}; loggers are not traced by this version`, {
    hint: 'Node.js programs are traced with -u',
  });
}

/** As with LTTng, loggers of which none is registered are an empty list. */
export function absentInstrumentation(name: DomainName, kernel: KernelAbsence): Instrumentation {
  return name === 'kernel' ? refuseAbsent(name, kernel) : NO_INSTRUMENTATION;
}
