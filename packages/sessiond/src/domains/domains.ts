import {
  addStatistics,
  type Commands,
  type DomainDescription,
  type DomainName,
  domainDirectory,
  NO_STATISTICS,
  type RingMemory,
  type SessionDiagnosis,
  type SessionStatistics,
} from '@ringtail/protocol';
import type { Answer } from '../clients/handlers.ts';
import type { Client } from '../model/client.ts';
import type { Owner } from '../model/owner.ts';
import type { Session } from '../model/session.ts';
import { absentInstrumentation, KERNEL_NEEDS_ROOT, type KernelAbsence, refuseAbsent } from './absent-domain.ts';
import type {
  Domain,
  DomainCommandName,
  DomainDiagnosis,
  NamedChannelUse,
  RecordedPrograms,
  SessionTask,
  WantedInstrumentation,
} from './domain.ts';

/** The domains of a session daemon: commands on a session go to all of them. */
export class Domains {
  readonly #domains: Domain[] = [];
  readonly #kernelAbsence: KernelAbsence;

  /** @param kernelAbsence why there is no kernel domain, for a daemon without one */
  constructor(kernelAbsence: KernelAbsence = KERNEL_NEEDS_ROOT) {
    this.#kernelAbsence = kernelAbsence;
  }

  /** Adds a domain. Sessions list their domains in this order. */
  add(domain: Domain): void {
    this.#domains.push(domain);
  }

  /** @throws {DaemonError} `UNSUPPORTED` if the daemon does not have the domain */
  present(name: DomainName): Domain {
    return this.#find(name) ?? refuseAbsent(name, this.#kernelAbsence);
  }

  /** Carries out a command about one domain. @throws {DaemonError} `UNSUPPORTED` as {@link Domains.present} */
  change<Name extends DomainCommandName>(
    session: Session,
    command: Name,
    params: Commands[Name]['params'],
  ): Answer<Name> {
    const { handlers } = this.present(params.domain);
    const handler: (session: Session, params: Commands[Name]['params']) => Answer<Name> = handlers[command];
    return handler(session, params);
  }

  instrumentation(name: DomainName, client: Client, wanted: WantedInstrumentation): Answer<'list-instrumentation'> {
    return this.#find(name)?.instrumentation(client, wanted) ?? absentInstrumentation(name, this.#kernelAbsence);
  }

  created(session: Session): void {
    for (const domain of this.#domains) domain.created(session);
  }

  removed(session: Session): void {
    for (const domain of this.#domains) domain.removed(session);
  }

  describe(session: Session): DomainDescription[] {
    return this.#domains.flatMap((domain) => domain.describe(session) ?? []);
  }

  /** Directories of the domains whose programs make ring files. */
  ringDirectories(): string[] {
    return this.#domains.filter(({ programs }) => programs !== undefined).map(({ name }) => domainDirectory(name));
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

  /** @returns the sums of all counts, and all wrong values and troubles */
  async perform(session: Session, task: SessionTask): Promise<SessionStatistics> {
    let sum = NO_STATISTICS;
    for (const domain of this.#domains) {
      const counted = await domain.perform(session, task);
      const wrongValues = [...sum.wrongValues, ...counted.wrongValues];
      sum = { ...addStatistics(sum, counted), wrongValues, troubles: [...sum.troubles, ...counted.troubles] };
    }
    return sum;
  }

  async regenerate(session: Session, part: 'metadata' | 'statedump'): Promise<void> {
    for (const domain of this.#domains) await domain.regenerate(session, part);
  }

  memory(session: Session): RingMemory[] {
    return this.#domains.flatMap((domain) => domain.memory(session));
  }

  /** Use of the rings of all channels. */
  async channelUse(session: Session): Promise<NamedChannelUse[]> {
    const uses = [];
    for (const domain of this.#domains) uses.push(...(await domain.channelUse(session, null)));
    return uses;
  }

  /** Number of registered threads that this user may see. */
  countPrograms(user: Owner): number {
    return this.#programs().reduce((sum, programs) => sum + programs.countFor(user), 0);
  }

  /** Resolves when all programs have all changes so far. */
  async published(): Promise<void> {
    for (const programs of this.#programs()) await programs.published();
  }

  watchCommand(pid: number, preload: string): void {
    for (const programs of this.#programs()) programs.watchCommand(pid, preload);
  }

  reportMissingPrograms(): void {
    for (const programs of this.#programs()) programs.reportMissing();
  }

  /** Reasons why a session records nothing. Yields after each short step. */
  *diagnose(session: Session, statistics: SessionStatistics): Generator<void, SessionDiagnosis> {
    const all: DomainDiagnosis[] = [];
    for (const programs of this.#programs()) all.push(yield* programs.diagnose(session));
    const sum = (countOf: (one: DomainDiagnosis) => number) => all.reduce((total, one) => total + countOf(one), 0);
    return {
      active: session.active,
      startedOnce: session.started,
      threadsSeen: sum(({ threadsSeen }) => threadsSeen),
      threadsRegistered: sum(({ threadsRegistered }) => threadsRegistered),
      threadsOfOwner: sum(({ threadsOfOwner }) => threadsOfOwner),
      threadsUntracked: sum(({ threadsUntracked }) => threadsUntracked),
      rules: all.flatMap(({ rules }) => rules),
      rulesNotCompared: sum(({ rulesNotCompared }) => rulesNotCompared),
      tracepointNames: all.flatMap(({ tracepointNames }) => tracepointNames),
      channelsDisabled: all.flatMap(({ channelsDisabled }) => channelsDisabled),
      statistics,
    };
  }

  #programs(): RecordedPrograms[] {
    return this.#domains.flatMap(({ programs }) => programs ?? []);
  }

  #find(name: DomainName): Domain | undefined {
    return this.#domains.find((domain) => domain.name === name);
  }
}
