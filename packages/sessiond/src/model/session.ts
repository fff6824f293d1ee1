import type { ChannelAttributes, ClockKind, TraceFormat, TrackedAttribute } from '@ringtail/protocol';
import type { SessionArchive } from '../archives/session-archive.ts';
import type { ClockReading } from '../clock/session-clock.ts';
import type { PoolHolding } from '../shares/pool-holding.ts';
import type { CounterMap } from '../triggers/maps/counter-map.ts';
import type { ApplicationProcess } from './application-process.ts';
import type { EventSpecs } from './event-specs.ts';
import type { IdentifierTable } from './identifier-table.ts';
import type { InclusionSet } from './inclusion-set.ts';
import { isAbout, type Owner } from './owner.ts';
import type { RuleSet } from './rule-set.ts';
import type { Sightings } from './sightings.ts';
import type { Troubles } from './troubles.ts';

export type { ApplicationProcess, RecordedThread } from './application-process.ts';
export { isAbout, type Owner, ownerFor } from './owner.ts';

export interface Channel {
  readonly attributes: ChannelAttributes;
  /** Names of context fields, in the order in which they are written; fixed once the session has been started. */
  contexts: readonly string[];
  readonly rules: RuleSet;
  readonly streamClassId: number;
  /** Grows whenever threads are to give back the memory of free sub-buffers. */
  reclaims: number;
  /** Clock value of the last such time: what is newer stays. */
  reclaimUntil: number;
  /** A channel that is disabled keeps everything, and nobody is told to record into it. */
  enabled: boolean;
}

/** A channel in one trace: what applications and the consumer know under a key. */
export interface TraceChannel {
  readonly key: number;
  readonly trace: Trace;
  readonly channel: Channel;
  readonly identifiers: IdentifierTable;
}

/** What one session records of one user's applications, or of one process. */
export interface Trace extends Owner {
  readonly key: number;
  readonly session: Session;
  /** The only process that it records; null: all of the user. */
  readonly process: ApplicationProcess | null;
  readonly uuid: string;
  /** Where it is in a trace chunk or snapshot. */
  readonly place: string;
  readonly ringDirectory: string | null;
  /** Whether threads may be told of it: the directory for their ring files, if there are any, is there. */
  isRecordable: boolean;
  readonly channels: Map<Channel, TraceChannel>;
  nextStreamInstanceId: number;
}

/** Attributes by which processes in user space are tracked. */
export type UserAttribute = Extract<TrackedAttribute, 'vpid' | 'vuid' | 'vgid'>;

export interface SessionParameters {
  readonly name: string;
  readonly output: string | null;
  readonly shmPath: string | null;
  readonly clock: ClockKind;
  readonly snapshot: boolean;
  readonly format: TraceFormat;
  readonly owner: Owner;
}

export interface Session extends SessionParameters {
  readonly createdAt: Date;
  /** What the clock was like when the session was created, or when its metadata were regenerated. */
  clockReading: ClockReading;
  readonly channels: Map<string, Channel>;
  /** Maps of counters, which triggers add to while the session is active. */
  readonly maps: Map<string, CounterMap>;
  readonly trackers: Readonly<Record<UserAttribute, InclusionSet>>;
  /** By what they are of; those of processes that have gone are not kept. */
  readonly traces: Map<string, Trace>;
  readonly eventSpecs: EventSpecs;
  readonly archive: SessionArchive;
  readonly troubles: Troubles;
  readonly sightings: Sightings;
  /** What its maps and snapshot outputs have of the owner's share. */
  readonly parts: PoolHolding;
  active: boolean;
  /** It is being destroyed: nobody finds it any more. */
  leaving: boolean;
  /** Whether it has ever been started. */
  started: boolean;
  /** Whether it has ever had a trace: one that has not is one that the consumer has never heard of. */
  traced: boolean;
  /** Grows whenever threads are to record their state. */
  statedump: number;
}

/** A user has their own sessions, root has all. */
export function mayUse({ owner }: Session, { uid }: Owner): boolean {
  return uid === 0 || uid === owner.uid;
}

/** Whether a session records this process: it is about its user, and its trackers leave the process in. */
export function tracks({ owner, trackers }: Session, { pid, uid, gid }: Owner & { readonly pid: number }): boolean {
  return isAbout(owner, uid) && trackers.vpid.has(pid) && trackers.vuid.has(uid) && trackers.vgid.has(gid);
}
