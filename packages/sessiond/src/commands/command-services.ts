import type { TraceFormat } from '@ringtail/protocol';
import type { RetentionKeeper } from '../archives/retention-keeper.ts';
import type { RotationWatch } from '../archives/rotation-watch.ts';
import type { SessionQueue } from '../clients/session-queue.ts';
import type { Consumers } from '../consumer/consumers.ts';
import type { Domains } from '../domains/domains.ts';
import type { SessionTasks } from '../domains/session-tasks.ts';
import type { HelperPool } from '../helpers/helper-pool.ts';
import type { SessionOutputs } from '../helpers/session-outputs.ts';
import type { PeerLog } from '../log/peer-log.ts';
import type { SessionRegistry } from '../model/session-registry.ts';
import type { NotificationHub } from '../notifications/notification-hub.ts';
import type { FairTurns } from '../shares/fair-turns.ts';
import type { TriggerEngine } from '../triggers/trigger-engine.ts';

/** Services that commands use. */
export interface CommandServices {
  readonly registry: SessionRegistry;
  readonly domains: Domains;
  /** The only way to directories that users have chosen. */
  readonly helpers: HelperPool;
  readonly outputs: SessionOutputs;
  readonly consumers: Consumers;
  readonly tasks: SessionTasks;
  readonly queue: SessionQueue;
  readonly notifications: NotificationHub;
  readonly triggers: TriggerEngine;
  /** Turns of users, for work that takes longer than one. */
  readonly turns: FairTurns;
  /** Notified when a rotation begins, and when it is done. */
  readonly rotations: RotationWatch;
  /** Removes archives and snapshots beyond their limits. */
  readonly retention: RetentionKeeper;
  /** The daemon's own user. */
  readonly daemonUid: number;
  /** Ends the daemon once the command has been answered. */
  readonly onShutdown: () => void;
  readonly runDirectory: string;
  /** `DaemonStatus`. */
  readonly missingGroup: string | null;
  /** Of sessions that are created without one. */
  readonly defaultFormat: TraceFormat;
  readonly now: () => Date;
  readonly log: PeerLog;
}
