import type { ApplicationDescription, SessionDescription, SessionDiagnosis } from '@ringtail/protocol';
import type { Surroundings } from './surroundings.ts';

/** What is known of a session and of what is around it. */
export interface SessionFacts {
  readonly session: SessionDescription;
  readonly diagnosis: SessionDiagnosis;
  readonly daemon: DaemonFacts;
  /** Registered now, as far as we may see them. */
  readonly applications: readonly ApplicationDescription[];
  /** Threads that were registered at some time since the session was created. */
  readonly threadsSeen: number;
  /** Looked at only where it matters: where no application is registered. */
  readonly surroundings: Surroundings | null;
}

export interface DaemonFacts {
  readonly runDirectory: string;
  /** User of the daemon; null where it cannot be seen. */
  readonly uid: number | null;
  /** null while the consumer is being started again. */
  readonly consumerPid: number | null;
}
