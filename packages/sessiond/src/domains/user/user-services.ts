import type { SessionRegistry } from '../../model/session-registry.ts';
import type { TriggerEngine } from '../../triggers/trigger-engine.ts';
import type { DomainServices } from '../domain-services.ts';
import type { Applications } from './applications/applications.ts';
import type { ProgramTroubles } from './diagnosis/program-troubles.ts';
import type { StatePublisher } from './publishing/state-publisher.ts';
import type { RingKeeper } from './recording/ring-keeper.ts';
import type { TraceKeeper } from './recording/trace-keeper.ts';

/** Services of the session daemon that record programs in user space. */
export interface UserServices extends DomainServices {
  readonly registry: SessionRegistry;
  readonly applications: Applications;
  readonly traces: TraceKeeper;
  readonly rings: RingKeeper;
  readonly publisher: StatePublisher;
  /** Reads all messages that applications have sent, so that rings that were made before a stop belong to it. */
  readonly drainApplications: () => void;
  readonly triggers: TriggerEngine;
  readonly programTroubles: ProgramTroubles;
}
