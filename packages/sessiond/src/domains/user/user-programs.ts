import type { Owner } from '../../model/owner.ts';
import type { Session } from '../../model/session.ts';
import type { DomainDiagnosis, RecordedPrograms } from '../domain.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import type { UserServices } from './user-services.ts';

/** The registered applications, and programs that should have registered. */
export class UserPrograms implements RecordedPrograms {
  readonly #services: UserServices;

  constructor(services: UserServices) {
    this.#services = services;
  }

  countFor(user: Owner): number {
    return this.#services.applications.countFor(user);
  }

  published(): Promise<void> {
    return this.#services.publisher.published();
  }

  watchCommand(pid: number, preload: string): void {
    const { unregistered, runDirectory } = this.#services;
    unregistered.watchCommand(pid, { NODE_OPTIONS: preload, RINGTAIL_RUNDIR: runDirectory });
  }

  reportMissing(): void {
    this.#services.drainApplications();
    this.#services.unregistered.settle();
  }

  diagnose(session: Session): Generator<void, DomainDiagnosis> {
    const { parts, applications, filterCounters } = this.#services;
    return diagnose({
      part: parts.of(session),
      threads: applications.withTracepoints(),
      filterCounts: (channel) => filterCounters.countsOf(channel),
    });
  }
}
