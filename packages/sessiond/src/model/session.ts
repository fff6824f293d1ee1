import type { ClockKind, Destination, Retention, TraceFormat } from '@ringtail/protocol';
import type { PoolHolding } from '../shares/pool-holding.ts';
import type { Owner } from './owner.ts';
import type { SessionArchive } from './session-archive.ts';
import type { Troubles } from './troubles.ts';

export interface SessionParameters {
  readonly name: string;
  readonly output: Destination | null;
  readonly shmPath: string | null;
  readonly clock: ClockKind;
  readonly snapshot: boolean;
  readonly format: TraceFormat;
  /** Limits of the archives, or of the snapshots in the output; undefined: all stay. */
  readonly retention?: Retention | undefined;
  readonly owner: Owner;
}

/** Frequency and offset of a clock, as metadata describe it. */
export interface ClockReading {
  readonly frequencyHz: bigint;
  /** Realtime at the clock's zero, nanoseconds. */
  readonly offsetNs: bigint;
}

/** The part of a session that every domain shares. Each domain keeps its own part of the session. */
export interface Session extends SessionParameters {
  readonly createdAt: Date;
  /** The clock when the session was created, or when its metadata were regenerated. */
  clockReading: ClockReading;
  readonly archive: SessionArchive;
  readonly troubles: Troubles;
  /** Memory of its maps and snapshot outputs, from the owner's share. */
  readonly holding: PoolHolding;
  active: boolean;
  /** The session is being destroyed: no command finds it any more. */
  leaving: boolean;
  /** Whether it has ever been started. */
  started: boolean;
  /** Whether it ever had a trace: the consumer does not know a session without one. */
  traced: boolean;
}

/** Root may use all sessions, another user their own. */
export function mayUse({ owner }: Session, { uid }: Owner): boolean {
  return uid === 0 || uid === owner.uid;
}
