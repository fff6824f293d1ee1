import type { TraceFormat } from '@ringtail/protocol';
import type { ApplicationService } from '../application-service.ts';
import type { RotationListener } from '../archives/rotation-watch.ts';
import type { Consumers } from '../consumers.ts';
import type { FilterCounters } from '../diagnosis/filter-counters.ts';
import type { NotificationHub } from '../notifications/notification-hub.ts';
import type { PeerLog } from '../peer-log.ts';
import type { Places } from '../places/places.ts';
import type { ProgramTroubles } from '../program-troubles.ts';
import type { RingKeeper } from '../ring-keeper.ts';
import type { SessionRegistry } from '../session-registry.ts';
import type { FairTurns } from '../shares/fair-turns.ts';
import type { StatePublisher } from '../state-publisher.ts';
import type { TraceKeeper } from '../trace-keeper.ts';
import type { TriggerEngine } from '../triggers/trigger-engine.ts';
import type { UnregisteredPrograms } from '../unregistered/unregistered-programs.ts';

/** What commands are carried out with. */
export interface CommandServices {
  readonly registry: SessionRegistry;
  readonly applications: ApplicationService;
  readonly traces: TraceKeeper;
  readonly rings: RingKeeper;
  /** The only way to directories that users have chosen. */
  readonly places: Places;
  readonly publisher: StatePublisher;
  readonly consumers: Consumers;
  /** Reads what applications have sent so far: rings that were made before a stop belong to it. */
  readonly drainApplications: () => void;
  readonly notifications: NotificationHub;
  readonly triggers: TriggerEngine;
  readonly filterCounters: FilterCounters;
  readonly programTroubles: ProgramTroubles;
  /** Turns of users, for work that takes longer than one. */
  readonly turns: FairTurns;
  readonly unregistered: UnregisteredPrograms;
  /** Called when a rotation begins, and when it is done. */
  readonly onRotation: RotationListener;
  readonly runDirectory: string;
  /** `DaemonStatus`. */
  readonly missingGroup: string | null;
  /** Of sessions that are created without one. */
  readonly defaultFormat: TraceFormat;
  readonly now: () => Date;
  readonly log: PeerLog;
}
