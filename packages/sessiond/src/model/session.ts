import type { ChannelAttributes, ClockKind, Destination, TraceFormat, TrackedAttribute } from '@ringtail/protocol';
import type { EventSpecs } from '../domains/user/part/event-specs.ts';
import type { IdentifierTable } from '../domains/user/part/identifier-table.ts';
import type { InclusionSet } from '../domains/user/part/inclusion-set.ts';
import type { Sightings } from '../domains/user/part/seen-programs.ts';
import type { PoolHolding } from '../shares/pool-holding.ts';
import type { CounterMap } from '../triggers/maps/counter-map.ts';
import type { ApplicationProcess } from './application-process.ts';
import { concernsUser, type Owner } from './owner.ts';
import type { RuleSet } from './rule-set.ts';
import type { SessionArchive } from './session-archive.ts';
import type { Troubles } from './troubles.ts';

export interface Channel {
  readonly attributes: ChannelAttributes;
  /** Names of context fields in the order of their bytes; fixed once the session has been started. */
  contexts: readonly string[];
  readonly rules: RuleSet;
  readonly streamClassId: number;
  /** Grows with each request to give back the memory of free sub-buffers. */
  reclaims: number;
  /** Clock value of the last request: newer sub-buffers stay. */
  reclaimUntil: number;
  /** A disabled channel keeps everything, but no thread records into it. */
  enabled: boolean;
}

/** A channel in one trace, which applications and the consumer know by its key. */
export interface TraceChannel {
  readonly key: number;
  readonly trace: Trace;
  readonly channel: Channel;
  readonly identifiers: IdentifierTable;
}

/** The trace of one user's applications, or of one process, in a session. */
export interface Trace extends Owner {
  readonly key: number;
  readonly session: Session;
  /** The only process that it records; null: all processes of the user. */
  readonly process: ApplicationProcess | null;
  readonly uuid: string;
  /** Its directory in a trace chunk or snapshot. */
  readonly place: string;
  readonly ringDirectory: string | null;
  /** Whether threads may record into it: a directory for ring files, if one is wanted, is there. */
  isRecordable: boolean;
  readonly channels: Map<Channel, TraceChannel>;
  nextStreamInstanceId: number;
}

/** Attributes by which processes in user space are tracked. */
export type UserAttribute = Extract<TrackedAttribute, 'vpid' | 'vuid' | 'vgid'>;

export interface SessionParameters {
  readonly name: string;
  readonly output: Destination | null;
  readonly shmPath: string | null;
  readonly clock: ClockKind;
  readonly snapshot: boolean;
  readonly format: TraceFormat;
  readonly owner: Owner;
}

/** Frequency and offset of a clock, as metadata describe it. */
export interface ClockReading {
  readonly frequencyHz: bigint;
  /** Realtime at the clock's zero, nanoseconds. */
  readonly offsetNs: bigint;
}

export interface Session extends SessionParameters {
  readonly createdAt: Date;
  /** The clock when the session was created, or when its metadata were regenerated. */
  clockReading: ClockReading;
  readonly channels: Map<string, Channel>;
  /** Maps of counters, to which triggers add while the session is active. */
  readonly maps: Map<string, CounterMap>;
  readonly trackers: Readonly<Record<UserAttribute, InclusionSet>>;
  /** By user or process; without traces of processes that have gone. */
  readonly traces: Map<string, Trace>;
  readonly eventSpecs: EventSpecs;
  readonly archive: SessionArchive;
  readonly troubles: Troubles;
  readonly sightings: Sightings;
  /** Memory of its maps and snapshot outputs, from the owner's share. */
  readonly parts: PoolHolding;
  active: boolean;
  /** The session is being destroyed: no command finds it any more. */
  leaving: boolean;
  /** Whether it has ever been started. */
  started: boolean;
  /** Whether it ever had a trace: the consumer does not know a session without one. */
  traced: boolean;
  /** Grows with each request to record the state of threads. */
  statedump: number;
}

/** Root may use all sessions, another user their own. */
export function mayUse({ owner }: Session, { uid }: Owner): boolean {
  return uid === 0 || uid === owner.uid;
}

/** Whether a session records this process: its owner may, and its trackers admit the process. */
export function tracks({ owner, trackers }: Session, { pid, uid, gid }: Owner & { readonly pid: number }): boolean {
  return concernsUser(owner, uid) && trackers.vpid.has(pid) && trackers.vuid.has(uid) && trackers.vgid.has(gid);
}
