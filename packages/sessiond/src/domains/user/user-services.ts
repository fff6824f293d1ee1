import type { PeerLog } from '../../log/peer-log.ts';
import type { TriggerEngine } from '../../triggers/trigger-engine.ts';
import type { DomainServices } from '../domain-services.ts';
import type { Applications } from './applications/applications.ts';
import type { FilterCounters } from './diagnosis/filter-counters.ts';
import type { ProgramTroubles } from './diagnosis/program-troubles.ts';
import type { UserParts } from './part/user-parts.ts';
import type { StatePublisher } from './publishing/state-publisher.ts';
import type { RingKeeper } from './recording/ring-keeper.ts';
import type { TraceKeeper } from './recording/trace-keeper.ts';
import type { UnregisteredPrograms } from './unregistered/unregistered-programs.ts';

/** Services of the session daemon that record programs in user space. */
export interface UserServices extends DomainServices {
  readonly parts: UserParts;
  readonly applications: Applications;
  readonly traces: TraceKeeper;
  readonly rings: RingKeeper;
  readonly publisher: StatePublisher;
  /** Reads all messages that applications have sent, so that rings that were made before a stop belong to it. */
  readonly drainApplications: () => void;
  readonly triggers: TriggerEngine;
  readonly filterCounters: FilterCounters;
  readonly programTroubles: ProgramTroubles;
  readonly unregistered: UnregisteredPrograms;
  readonly runDirectory: string;
  readonly log: PeerLog;
}
