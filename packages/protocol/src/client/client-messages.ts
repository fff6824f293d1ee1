/**
 * Messages between a client (the command line, `@ringtail/ctl`) and a session daemon, over `client.sock`.
 *
 * A client sends requests, the daemon answers each once, in order; between the answers a client that subscribed gets
 * notifications. Frames as in `framing.ts`.
 */
import type { JsonValue } from '../app/app-messages.ts';
import type { ClockKind, EventHeaderKind } from '../control/desired-state.ts';
import type { EventRule } from '../model/event-rule.ts';
import type {
  MapChannelAttributes,
  MapChannelParameters,
  MapRow,
  ProcessEnd,
  TriggerDefinition,
  TriggerDescription,
  TriggerReport,
} from '../model/triggers.ts';

export const CLIENT_PROTOCOL_VERSION = 2;
/**
 * No frame of a client is longer: 65,536 values of a process tracker have 720 KB. JSON of 16 MiB would take the daemon most of
 * a second to parse, and nobody else would be answered meanwhile.
 */
export const CLIENT_FRAME_BYTES_MAX = 1024 * 1024;
/** No frame of the daemon is longer: a list of thousands of threads with the fields of all their tracepoints is one. */
export const CLIENT_REPLY_BYTES_MAX = 256 * 1024 * 1024;

/** How the metadata of a trace is written. */
export type TraceFormat = 'ctf-1.8' | 'ctf-2';

/** What a channel is made with; it stays so for the channel's life. */
export interface ChannelAttributes {
  readonly name: string;
  readonly mode: 'discard' | 'overwrite';
  readonly subBufBytes: number;
  readonly subBufCount: number;
  readonly header: EventHeaderKind;
  /**
   * How long a program waits for a free sub-buffer, in microseconds, before an event is discarded; null: for ever. It
   * waits only if it was started with `RINGTAIL_ALLOW_BLOCKING`.
   */
  readonly blockingTimeoutUs: number | null;
  /** How often the consumer takes the committed part of open sub-buffers, in microseconds; 0: once a second. */
  readonly switchTimerUs: number;
  /** How often the consumer looks for closed sub-buffers by itself, in microseconds; 0: producers wake it. */
  readonly readTimerUs: number;
  /** How often the channel's use is sampled, in microseconds; 0: never. */
  readonly monitorTimerUs: number;
  /** A trace file is closed before it exceeds this; 0: one file without a limit. */
  readonly traceFileBytes: number;
  /** How many trace files of a data stream are kept, the newest; 0: all. */
  readonly traceFileCount: number;
  /** Whose trace it is part of: one for all applications of a user, or one for each process. */
  readonly ownership: 'user' | 'process';
  /** Whether a ring takes all its memory when it is made, or page by page as it is written. */
  readonly preallocation: 'preallocate' | 'on-demand';
  /** Memory of sub-buffers that were taken this long ago is given back, microseconds; 0: at once; null: never. */
  readonly reclaimAfterUs: number | null;
}

/**
 * What `enable-event` creates when no channel is named.
 *
 * A tenth of a second's worth of the fastest single thread (5 million events a second of 27 bytes): what a consumer may
 * have to wait for a processor or a disk. A ring takes memory only as far as it has been written.
 */
export const DEFAULT_CHANNEL: ChannelAttributes = {
  name: 'channel0',
  mode: 'discard',
  subBufBytes: 4 * 1024 * 1024,
  subBufCount: 4,
  header: 'large',
  blockingTimeoutUs: 0,
  switchTimerUs: 0,
  readTimerUs: 0,
  monitorTimerUs: 1_000_000,
  traceFileBytes: 0,
  traceFileCount: 0,
  ownership: 'user',
  preallocation: 'on-demand',
  reclaimAfterUs: null,
};

/** What `create-session` is asked for where nothing else is said. */
export const DEFAULT_SESSION = { shmPath: null, clock: 'monotonic', snapshot: false, format: null } as const;

/** What a process tracker looks at. The numbers are those of the application's own namespaces. */
export type TrackedAttribute = 'vpid' | 'vuid' | 'vgid';

/** Where a snapshot goes. */
export interface SnapshotOutputParameters {
  /** Also the beginning of the name of each snapshot's directory; null: `snapshot-<id>` of an output, `snapshot` of one recording. */
  readonly name: string | null;
  /** Absolute path of the directory in which each snapshot gets a directory. */
  readonly path: string;
  /** The newest packets of at most so many bytes together are written; null: all. */
  readonly maxBytes: number | null;
}
export interface SnapshotOutput extends SnapshotOutputParameters {
  readonly id: number;
  readonly name: string;
}

export interface SnapshotRecorded {
  /** Directory of the snapshot. */
  readonly path: string;
  /** Of what is in the snapshot. */
  readonly statistics: SessionStatistics;
}

export interface RotationSchedule {
  /** Rotate every so many microseconds; null: not by time. */
  readonly timerUs: number | null;
  /** Rotate whenever so many more bytes have been recorded; null: not by size. */
  readonly sizeBytes: number | null;
}

/** Every command: its parameters and its result. */
export interface Commands {
  hello: { params: { protocol: number }; result: { daemonVersion: string; pid: number } };
  'daemon-status': { params: Record<string, never>; result: DaemonStatus };
  'create-session': {
    params: {
      name: string;
      /** Absolute; null: nothing is written but what snapshots are asked for with a path of their own. */
      output: string | null;
      shmPath: string | null;
      clock: ClockKind;
      /** Flight recorder: rings overwrite, and only snapshots are written. */
      snapshot: boolean;
      /** null: the daemon's default. */
      format: TraceFormat | null;
    };
    result: { name: string; output: string | null };
  };
  /** Makes a channel, or enables one that is disabled (its attributes stay what they are). */
  'enable-channel': { params: { session: string; channel: ChannelAttributes }; result: null };
  'disable-channel': { params: { session: string; channel: string }; result: null };
  /** Adds a rule, or enables an equal one that is disabled. */
  'enable-event': { params: { session: string; channel: string | null; rule: EventRule }; result: { channel: string } };
  /** Disables the rules with this pattern, whatever else they say; null: all rules of the channel. */
  'disable-event': {
    params: { session: string; channel: string | null; pattern: string | null };
    result: { channel: string; disabled: number };
  };
  /** Adds context fields to a channel, or with null to all channels, before the session is first started. */
  'add-context': {
    params: { session: string; channel: string | null; contexts: readonly string[] };
    result: { channels: readonly string[] };
  };
  'list-contexts': { params: Record<string, never>; result: readonly ContextDescription[] };
  /** Adds to what is tracked; null: everything. */
  track: {
    params: { session: string; attribute: TrackedAttribute; values: readonly number[] | null };
    result: null;
  };
  /** Removes from what is tracked; null: everything. */
  untrack: {
    params: { session: string; attribute: TrackedAttribute; values: readonly number[] | null };
    result: null;
  };
  'start-session': { params: { session: string }; result: null };
  /** Answers once everything committed before the stop is in the trace files. */
  'stop-session': { params: { session: string }; result: SessionStatistics };
  'destroy-session': { params: { session: string }; result: DestroyedSession };
  /**
   * The same, answered once the order is taken: nothing is recorded any more, or the session is in no list any more. The rest
   * goes on in the daemon, and what fails of it is a trouble of the session. Later commands on the session wait for it.
   */
  'begin-stop': { params: { session: string }; result: null };
  'begin-destruction': { params: { session: string }; result: null };
  /** Writes what the rings hold to the output given, or to the session's own. */
  'record-snapshot': {
    params: { session: string; output: SnapshotOutputParameters | null; name: string | null; maxBytes: number | null };
    result: SnapshotRecorded;
  };
  'add-snapshot-output': { params: { session: string; output: SnapshotOutputParameters }; result: SnapshotOutput };
  'delete-snapshot-output': { params: { session: string; output: number | string }; result: null };
  /** Archives the current trace chunk; answers once it is closed and in its place. */
  'rotate-session': { params: { session: string }; result: { archive: string; statistics: SessionStatistics } };
  /** The same, answered once the rotation has begun, with where the archive will be. */
  'begin-rotation': { params: { session: string }; result: { archive: string } };
  /** A member that is absent stays as it is. */
  'set-rotation-schedule': { params: { session: string } & Partial<RotationSchedule>; result: RotationSchedule };
  /** Drops everything recorded so far, but for archived chunks and snapshots. */
  'clear-session': { params: { session: string }; result: null };
  /** Samples the clock's offset again and rewrites the metadata. */
  'regenerate-metadata': { params: { session: string }; result: null };
  /** Has every application record its state again. */
  'regenerate-statedump': { params: { session: string }; result: null };
  /** Gives back the memory of sub-buffers that were taken and whose newest event is so old; null channels: all. */
  'reclaim-memory': {
    params: { session: string; channels: readonly string[] | null; olderThanUs: number };
    result: { bytes: number };
  };
  'list-sessions': { params: Record<string, never>; result: readonly SessionDescription[] };
  /** Without `fields`, those of the tracepoints are left out: most listings do not show them, and they are most of the answer. */
  'list-applications': { params: { fields: boolean }; result: ApplicationList };
  'session-statistics': { params: { session: string }; result: SessionStatistics };
  /** What the rings of a session take of the machine's memory, those included whose threads have ended. */
  'session-memory': { params: { session: string }; result: readonly RingMemory[] };
  'session-sightings': { params: { session: string }; result: SessionSightings };
  /**
   * While a session is active, programs of a process and of all that it starts which do not register are its troubles.
   * `preload` is the option of Node.js by which they would.
   */
  'watch-command': { params: { session: string; pid: number; preload: string }; result: null };
  /** What keeps a session from recording, as far as the daemon can tell. */
  'session-diagnosis': { params: { session: string }; result: SessionDiagnosis };
  /** Adds a trigger for the client's user; root may name another owner. Answers its name. */
  'add-trigger': { params: { trigger: TriggerDefinition; ownerUid: number | null }; result: { name: string } };
  'remove-trigger': { params: { name: string; ownerUid: number | null }; result: null };
  'list-triggers': { params: Record<string, never>; result: readonly TriggerDescription[] };
  'add-map': { params: { session: string; map: MapChannelParameters }; result: { name: string } };
  'show-maps': { params: { session: string; map: string | null }; result: readonly MapRow[] };
  /** From the answer on, the daemon sends a `NotificationMessage` for whatever happens. */
  subscribe: { params: Record<string, never>; result: null };
  /** Ends the daemon once every session is destroyed. */
  shutdown: { params: Record<string, never>; result: null };
}
export type CommandName = keyof Commands;

export interface SessionDescription {
  readonly name: string;
  /** User whose session it is. */
  readonly uid: number;
  readonly output: string | null;
  readonly shmPath: string | null;
  readonly clock: ClockKind;
  readonly snapshot: boolean;
  readonly format: TraceFormat;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly active: boolean;
  readonly channels: readonly ChannelDescription[];
  /** What applications must be like to be recorded; null: anything. */
  readonly trackers: Readonly<Record<TrackedAttribute, readonly number[] | null>>;
  readonly snapshotOutputs: readonly SnapshotOutput[];
  readonly rotationSchedule: RotationSchedule;
  /** How many chunks were archived, and the newest archive. */
  readonly maps: readonly MapChannelAttributes[];
  readonly rotations: number;
  readonly lastArchive: string | null;
}

export interface ChannelDescription extends ChannelAttributes {
  readonly enabled: boolean;
  readonly contexts: readonly string[];
  readonly rules: readonly RuleDescription[];
}
export interface RuleDescription extends EventRule {
  readonly enabled: boolean;
}

export interface ContextDescription {
  readonly name: string;
  /** Why it cannot be added on this machine; null: it can. */
  readonly refused: string | null;
}

export interface TracepointDescription {
  readonly name: string;
  readonly logLevel: number;
  /** `NamedFieldSpec` of `@ringtail/ctf` each, passed through unread; none where they were not asked for. */
  readonly fields: readonly JsonValue[];
}

export interface ApplicationDescription {
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly procname: string;
  readonly runtime: string;
  readonly mainThread: boolean;
  readonly tracepoints: readonly TracepointDescription[];
  /** What the thread said that it could not do, in words, newest last; the first few only. */
  readonly troubles: readonly string[];
}

/** Applications with each distinct list of tracepoints once: a thousand processes of one program have one. */
export interface ApplicationList {
  readonly applications: readonly ListedApplication[];
  readonly tracepointLists: readonly (readonly TracepointDescription[])[];
}

export interface ListedApplication extends Omit<ApplicationDescription, 'tracepoints'> {
  /** Index into `tracepointLists`. */
  readonly tracepoints: number;
}

/** A consumer daemon, which writes what one user's sessions record. */
export interface ConsumerStatus {
  readonly uid: number;
  /** Absent while it is being started again. */
  readonly pid: number | null;
  readonly restarts: number;
  /** How often one in a row had to be given up, since it did nothing any more: an output may be on a file system that hangs. */
  readonly hangs: number;
}

export interface DaemonStatus {
  readonly pid: number;
  readonly version: string;
  readonly runDirectory: string;
  /** Group that the daemon was started with and that does not exist; null: it exists, or none was named. */
  readonly missingGroup: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Of the client's consumer, else of the daemon's own user's. Absent while it is being started again. */
  readonly consumerPid: number | null;
  readonly consumerRestarts: number;
  /** All of them, for root; for others, their own. */
  readonly consumers: readonly ConsumerStatus[];
  readonly applications: number;
  readonly sessions: number;
  /** Resident memory of the session daemon. */
  readonly memoryBytes: number;
}

/** What is known of why a session has no events. Counts are of threads that the session may record unless said otherwise. */
export interface SessionDiagnosis {
  readonly active: boolean;
  readonly startedOnce: boolean;
  /** Registered now, whoever they belong to; and of those the ones that the session may record. */
  readonly threadsRegistered: number;
  readonly threadsOfOwner: number;
  /** Left out by trackers. */
  readonly threadsUntracked: number;
  /** Of each enabled rule in each enabled channel. */
  readonly rules: readonly RuleDiagnosis[];
  /** Enabled rules that are left out of `rules`: there are too many to compare with tracepoints. */
  readonly rulesNotCompared: number;
  /** Of what is registered now and was since the session was created. */
  readonly tracepointNames: readonly string[];
  readonly channelsDisabled: readonly string[];
  readonly statistics: SessionStatistics;
}
export interface RuleDiagnosis {
  readonly channel: string;
  readonly rule: RuleDescription;
  /** Tracepoints whose name the pattern has; of those the ones that exclusions leave; of those the ones of a wanted log level. */
  readonly named: number;
  readonly notExcluded: number;
  readonly ofLogLevel: number;
  /** How often filters of the channel were evaluated, and how often all of them were false; null where none was. */
  readonly filterEvaluations: number | null;
  readonly filterRejections: number | null;
}

/** What a subscriber is told of. Sessions and applications of other users are left out. */
export type Notification =
  | {
      readonly kind:
        | 'session-created'
        | 'session-started'
        | 'session-stopped'
        | 'session-changed'
        | 'session-cleared'
        | 'session-destroyed';
      readonly session: string;
    }
  | { readonly kind: 'rotation-completed'; readonly session: string; readonly archive: string }
  | { readonly kind: 'snapshot-recorded'; readonly session: string; readonly path: string }
  /** A trigger of the subscriber's user whose action is `notify`. */
  | { readonly kind: 'trigger-fired'; readonly report: TriggerReport }
  | { readonly kind: 'application-registered'; readonly pid: number; readonly tid: number; readonly procname: string }
  | {
      readonly kind: 'application-gone';
      readonly pid: number;
      readonly tid: number;
      readonly procname: string;
      /** Of the process's last thread: how the process ended. Absent if it goes on. */
      readonly end?: ProcessEnd;
    }
  /** The subscriber did not read: so many notifications were left out here. */
  | { readonly kind: 'dropped'; readonly count: number };

/** Sent to subscribers between replies. */
export interface NotificationMessage {
  readonly notification: Notification;
}

/** What was seen of applications since a session was created, of those that have gone as well. */
export interface SessionSightings {
  /** JavaScript threads that were registered at some time. */
  readonly threads: number;
  /** Each name once. */
  readonly tracepoints: readonly { readonly name: string; readonly logLevel: number }[];
}

/** Sums over all rings of a session since it was created; counts of events unless said otherwise. */
export interface SessionStatistics {
  /**
   * In the trace files. Of a snapshot session, which has none: committed to rings, be they overwritten since or not; what
   * is in a snapshot is said when it is recorded.
   */
  readonly eventsRecorded: number;
  /** Counted by producers: no free sub-buffer, or a record larger than one. Part of the trace. */
  readonly eventsDiscarded: number;
  /** Given up in the application: a value could not be converted. */
  readonly eventsFailed: number;
  /** Given up in the application: hit inside a recorder. */
  readonly eventsNested: number;
  /** Committed by the producer, but not in the trace files: the ring was damaged, or the disk stayed full. */
  readonly eventsLost: number;
  /** Overwrite mode: sub-buffers overwritten before they were taken. */
  readonly packetsLost: number;
  readonly packets: number;
  /** Size of the data stream files. */
  readonly bytes: number;
  readonly dataStreams: number;
  /** Programs that the session would have recorded and has not, or not to their end; the reasons are in the troubles. */
  readonly programsNotRecorded: number;
  /** What went wrong, in words: a full disk, a damaged ring, a ring that could not be made. */
  readonly troubles: readonly string[];
}

export interface RingMemory {
  readonly channel: string;
  /** User, process and thread whose ring it is. */
  readonly uid: number;
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
  /** Bytes: pages that the kernel holds for it now. */
  readonly usedBytes: number;
  /** Bytes: its sub-buffers together. */
  readonly ringBytes: number;
}

/** What a session has come to. */
export interface DestroyedSession extends SessionStatistics {
  /** Of a session that was rotated: the directory of its last trace chunk, if something was recorded after the last rotation. */
  readonly archive?: string;
}

/** Of a session in which nothing has happened. */
export const NO_STATISTICS: SessionStatistics = {
  eventsRecorded: 0,
  eventsDiscarded: 0,
  eventsFailed: 0,
  eventsNested: 0,
  eventsLost: 0,
  packetsLost: 0,
  packets: 0,
  bytes: 0,
  dataStreams: 0,
  programsNotRecorded: 0,
  troubles: [],
};

/** The sums of all counts; troubles are those of the first. */
export function addStatistics(first: SessionStatistics, second: SessionStatistics): SessionStatistics {
  const { troubles, ...counts } = first;
  const names = Object.keys(counts) as (keyof typeof counts)[];
  const sums = names.map((name) => [name, first[name] + second[name]] as const);
  return { ...(Object.fromEntries(sums) as typeof counts), troubles };
}

export type Request = {
  [Name in CommandName]: { readonly id: number; readonly command: Name; readonly params: Commands[Name]['params'] };
}[CommandName];

export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
