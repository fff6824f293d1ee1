import type { ChannelAttributes, NodeLogger, TrackedAttribute } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../../model/application-process.ts';
import { concernsUser, type Owner } from '../../../model/owner.ts';
import type { RuleSet } from '../../../model/rule-set.ts';
import type { Session } from '../../../model/session.ts';
import type { CounterMap } from '../../../triggers/maps/counter-map.ts';
import type { EventSpecs } from './event-specs.ts';
import type { IdentifierTable } from './identifier-table.ts';
import type { InclusionSet } from './inclusion-set.ts';
import type { SeenPrograms } from './seen-programs.ts';
import type { WrongValues } from './wrong-values.ts';

/** The part of a session that records programs in user space. */
export interface UserPart {
  readonly session: Session;
  readonly channels: Map<string, Channel>;
  /** Maps of counters, to which triggers add while the session is active. */
  readonly maps: Map<string, CounterMap>;
  readonly trackers: Readonly<Record<UserAttribute, InclusionSet>>;
  /** By user or process; without traces of processes that have gone. */
  readonly traces: Map<string, Trace>;
  readonly eventSpecs: EventSpecs;
  readonly seen: SeenPrograms;
  readonly wrongValues: WrongValues;
  /** Grows with each request to record the state of threads. */
  statedump: number;
}

/** A domain whose events programs record in user space. */
export type ProgramDomain = 'user' | NodeLogger;

/** Attributes by which processes in user space are tracked. */
export type UserAttribute = Extract<TrackedAttribute, 'vpid' | 'vuid' | 'vgid'>;

export interface Channel {
  /** User space, or a domain of loggers, which record through user space. */
  readonly domain: ProgramDomain;
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
  readonly part: UserPart;
  /** The only process that it records; null: all processes of the user. */
  readonly process: ApplicationProcess | null;
  readonly uuid: string;
  /** Its directory in a trace chunk or snapshot. */
  readonly tracePath: string;
  readonly ringDirectory: string | null;
  /** Whether threads may record into it: a directory for ring files, if one is wanted, is there. */
  isRecordable: boolean;
  readonly channels: Map<Channel, TraceChannel>;
  nextStreamInstanceId: number;
}

/** The channels of a session in one domain. */
export function channelsIn({ channels }: UserPart, domain: ProgramDomain): Channel[] {
  return [...channels.values()].filter((channel) => channel.domain === domain);
}

/** Whether a session records this process: its owner may, and its trackers admit the process. */
export function tracks({ session, trackers }: UserPart, { pid, uid, gid }: Owner & { readonly pid: number }): boolean {
  return concernsUser(session.owner, uid) && trackers.vpid.has(pid) && trackers.vuid.has(uid) && trackers.vgid.has(gid);
}
