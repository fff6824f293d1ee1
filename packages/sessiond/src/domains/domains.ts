import {
  addStatistics,
  type DomainDescription,
  type DomainName,
  domainDirectory,
  NO_STATISTICS,
  type RingMemory,
  type SessionStatistics,
} from '@ringtail/protocol';
import type { Session } from '../model/session.ts';
import { absentDomain } from './absent-domain.ts';
import type { Domain, NamedDomain, SessionTask } from './domain.ts';

/** The domains of a session daemon: commands on a session go to all of them. */
export class Domains {
  readonly #domains: Domain[] = [];

  /** Adds a domain. Sessions list their domains in this order. */
  add(domain: Domain): void {
    this.#domains.push(domain);
  }

  named(name: DomainName): NamedDomain {
    return this.#domains.find((domain) => domain.name === name) ?? absentDomain(name);
  }

  describe(session: Session): DomainDescription[] {
    return this.#domains.map((domain) => domain.describe(session));
  }

  /** Directories that these domains have in a trace chunk. */
  directories(): string[] {
    return [...new Set(this.#domains.map(({ name }) => domainDirectory(name)))];
  }

  /** Whether a session has anything to record into. */
  haveChannel(session: Session): boolean {
    return this.describe(session).some(({ channels, maps }) => channels.length + maps.length > 0);
  }

  async start(session: Session): Promise<void> {
    for (const domain of this.#domains) await domain.start(session);
  }

  async settle(session: Session): Promise<void> {
    for (const domain of this.#domains) await domain.settle(session);
  }

  /** @returns the sums of all counts, and all troubles */
  async perform(session: Session, task: SessionTask): Promise<SessionStatistics> {
    let sum = NO_STATISTICS;
    for (const domain of this.#domains) {
      const counted = await domain.perform(session, task);
      sum = { ...addStatistics(sum, counted), troubles: [...sum.troubles, ...counted.troubles] };
    }
    return sum;
  }

  async regenerate(session: Session, part: 'metadata' | 'statedump'): Promise<void> {
    for (const domain of this.#domains) await domain.regenerate(session, part);
  }

  memory(session: Session): RingMemory[] {
    return this.#domains.flatMap((domain) => domain.memory(session));
  }
}
