import type { DomainName, Instrumentation } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';
import type { NamedDomain } from './domain.ts';

const NO_INSTRUMENTATION: Instrumentation = { applications: [], tracepointLists: [], events: [] };

/** A domain that this session daemon does not have: it refuses commands, with the next step. */
export function absentDomain(name: DomainName): NamedDomain {
  const refuse = () => refuseAbsent(name);
  return {
    name,
    contexts: refuse,
    // As with LTTng, loggers of which none is registered are an empty list.
    instrumentation: name === 'kernel' ? refuse : () => NO_INSTRUMENTATION,
    change: refuse,
  };
}

/** @throws {DaemonError} `UNSUPPORTED`, always */
export function refuseAbsent(name: DomainName): never {
  throw new DaemonError('UNSUPPORTED', `not supported yet: ${reasonOf(name)}`, {
    hint: 'Node.js programs are traced with -u',
  });
}

function reasonOf(name: DomainName): string {
  if (name === 'kernel') return 'kernel tracing is not part of this version';
  return `--${name}; loggers are not traced by this version`;
}
