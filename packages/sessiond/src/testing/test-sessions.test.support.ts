import { DEFAULT_SESSION, directoryAt } from '@ringtail/protocol';
import type { UserPart } from '../domains/user/part/user-part.ts';
import { UserParts } from '../domains/user/part/user-parts.ts';
import { DesiredStateBudget } from '../model/desired-state-budget.ts';
import type { Session, SessionParameters } from '../model/session.ts';
import { SessionRegistry } from '../model/session-registry.ts';
import { testShares } from './shares.test.support.ts';

/** Sessions with their parts in user space, without a daemon. Traces have the UUIDs `uuid-1`, `uuid-2`, …. */
export class TestSessions {
  readonly registry: SessionRegistry;
  readonly parts: UserParts;
  #uuid = 0;

  constructor(shares = testShares()) {
    this.registry = new SessionRegistry(shares);
    const budget = new DesiredStateBudget(shares.desiredState);
    this.parts = new UserParts(() => `uuid-${++this.#uuid}`, shares, budget);
  }

  create(name: string, more: Partial<SessionParameters> = {}): UserPart {
    return this.parts.add(createSession(this.registry, name, more));
  }

  /** Starts a session as its domain does. */
  start(part: UserPart): void {
    this.registry.start(part.session);
    part.statedump++;
  }

  remove(part: UserPart): void {
    this.registry.remove(part.session);
    this.parts.remove(part);
  }
}

/** A session of root with default parameters, created at the beginning of 1970. */
export function createSession(registry: SessionRegistry, name: string, more: Partial<SessionParameters> = {}): Session {
  const owner = { uid: 0, gid: 0 };
  const parameters = {
    ...DEFAULT_SESSION,
    name,
    output: directoryAt(`/out/${name}`),
    format: 'ctf-1.8',
    owner,
    ...more,
  } as const;
  return registry.create(parameters, new Date(0), { frequencyHz: 1_000_000_000n, offsetNs: 5n });
}
