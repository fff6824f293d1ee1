import type { DomainName, Instrumentation } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';

const NO_INSTRUMENTATION: Instrumentation = { applications: [], tracepointLists: [], events: [] };

/**
 * Refuses a command about a domain that this session daemon does not have, with the next step.
 *
 * @throws {DaemonError} `UNSUPPORTED`, always
 */
export function refuseAbsent(name: DomainName): never {
  throw new DaemonError('UNSUPPORTED', `not supported yet: ${reasonOf(name)}`, {
    hint: 'Node.js programs are traced with -u',
  });
}

/** As with LTTng, loggers of which none is registered are an empty list. */
export function absentInstrumentation(name: DomainName): Instrumentation {
  return name === 'kernel' ? refuseAbsent(name) : NO_INSTRUMENTATION;
}

function reasonOf(name: DomainName): string {
  if (name === 'kernel') return 'kernel tracing is not part of this version';
  return `--${name}; loggers are not traced by this version`;
}
