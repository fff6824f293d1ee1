import type {
  ApplicationDescription,
  SessionDescription,
  SessionDiagnosis,
  TracepointDescription,
} from '@ringtail/protocol';
import type { Surroundings } from './surroundings.ts';

/** Facts about a session and its surroundings. */
export interface SessionFacts {
  readonly session: SessionDescription;
  readonly diagnosis: SessionDiagnosis;
  readonly daemon: DaemonFacts;
  /** Registered threads that this user may see. */
  readonly applications: readonly ApplicationDescription[];
  /** Events in the trace, for filters whose programs have ended. */
  readonly recordedEvents: readonly TracepointDescription[];
  /** Number of threads that registered since the session was created. */
  readonly threadsSeen: number;
  /** Null where an application has registered, so that they do not matter. */
  readonly surroundings: Surroundings | null;
}

export interface DaemonFacts {
  readonly runDirectory: string;
  /** User of the daemon; null where it is unknown. */
  readonly uid: number | null;
  /** Null while the consumer is being restarted. */
  readonly consumerPid: number | null;
}
