import type { DomainDescription, SessionDescription } from '@ringtail/protocol';
import { directoryOf } from './destination.ts';
import type { Session } from './session.ts';

/** A session as clients see it. */
export function describeSession(session: Session, domains: readonly DomainDescription[]): SessionDescription {
  return {
    name: session.name,
    uid: session.owner.uid,
    output: directoryOf(session.output),
    shmPath: session.shmPath,
    clock: session.clock,
    snapshot: session.snapshot,
    format: session.format,
    createdAt: session.createdAt.toISOString(),
    active: session.active,
    domains,
    ...session.archive.describe(),
  };
}
