/**
 * Messages between a session daemon and the consumer daemon it started, over a Unix socket the consumer connects to.
 *
 * Every message is idempotent: a session daemon repeats all of them to a consumer that it had to start again.
 */

import type { JsonValue } from '../app/app-messages.ts';
import type { ChannelAttributes, SessionStatistics, TraceFormat } from '../client/client-messages.ts';
import type { ClockKind } from '../control/desired-state.ts';

export const CONSUMER_FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** In a session's output directory: what has to outlive the trace chunks. */
export const STATE_DIRECTORY = '.ringtail';

/** A trace to write: one per session and user, or process. */
export interface OpenTraceRequest {
  readonly type: 'open-trace';
  readonly session: string;
  /** Unique key of the trace, given by the session daemon. */
  readonly trace: number;
  /** Directory of the session, in which the current trace chunk is; null where nothing but snapshots is written. */
  readonly output: string | null;
  /** Where the trace is in a chunk or snapshot: `ust/uid/<uid>/64-bit`, `ust/pid/<procname>-<pid>-<datetime>`. */
  readonly place: string;
  /** Flight recorder: rings are read for snapshots only. */
  readonly snapshot: boolean;
  readonly format: TraceFormat;
  /** To whom all files are to belong. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Directory of ring files, in which a copy of the metadata is kept for `ringtail crash`; or null. */
  readonly ringDirectory: string | null;
  readonly uuid: string;
  readonly clock: ClockKind;
  /** Cycles of the clock a second, decimal. */
  readonly clockFrequencyHz: string;
  /** Realtime at the clock's zero, nanoseconds, decimal. Fixed at session creation: metadata comes out the same again. */
  readonly clockOffsetNs: string;
  readonly environment: readonly (readonly [name: string, value: string | number])[];
}

/** A channel: one data stream class of the trace. */
export interface OpenChannelRequest {
  readonly type: 'open-channel';
  readonly trace: number;
  readonly channel: number;
  readonly streamClassId: number;
  readonly attributes: ChannelAttributes;
  /** Names of context fields, in the order in which they are written. */
  readonly contexts: readonly string[];
}

/** Event record classes, `EventSpec` of `@ringtail/ctf` each. Answered when the metadata is written. */
export interface DeclareEventsRequest {
  readonly type: 'declare-events';
  readonly channel: number;
  readonly events: readonly { readonly id: number; readonly spec: JsonValue }[];
}

/** A ring to drain. Opened by path: `/proc/<session daemon>/fd/<n>`. */
export interface OpenRingRequest {
  readonly type: 'open-ring';
  readonly channel: number;
  readonly ring: number;
  readonly path: string;
  readonly bytes: number;
  readonly streamInstanceId: number;
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** The ring's producer is gone: take what is committed, then forget the ring. */
export interface CloseRingRequest {
  readonly type: 'close-ring';
  readonly ring: number;
}

/**
 * The process that the trace is of has gone, and its rings are closed: close the files and forget the trace. Answers with the
 * statistics of this trace, which the session's go on to count. Checkpoints stay: a request that is repeated to another
 * consumer is answered the same.
 */
export interface CloseTraceRequest {
  readonly type: 'close-trace';
  readonly trace: number;
}

/**
 * What the traces of a session that a former consumer closed have come to since the session was last cleared. The session
 * counts it, and where it lies is known though no trace may be open.
 */
export interface CountClosedTracesRequest {
  readonly type: 'count-closed-traces';
  readonly session: string;
  /** As in `OpenTraceRequest`. */
  readonly output: string | null;
  readonly snapshot: boolean;
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly statistics: SessionStatistics;
}

/** What a closed trace has come to is known: remove its checkpoints. Answers with nothing. */
export interface RemoveCheckpointsRequest {
  readonly type: 'remove-checkpoints';
  readonly output: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly uuid: string;
}

/** Take everything committed in all rings of the session now. Answered when it is in the files. */
export interface FlushRequest {
  readonly type: 'flush';
  readonly session: string;
}
export interface StatisticsRequest {
  readonly type: 'statistics';
  readonly session: string;
}
/** Flush, then forget the session and its rings. */
export interface CloseSessionRequest {
  readonly type: 'close-session';
  readonly session: string;
}

/**
 * Copy what the rings of a session hold, the committed part of open sub-buffers included, into a new directory. Rings stay
 * as they are. Answers with the statistics of the snapshot, when it is whole: other requests are answered meanwhile. Repeated, it
 * is answered as before if it was done, and begins anew in the same directory if it was not.
 */
export interface SnapshotRequest {
  readonly type: 'snapshot';
  readonly session: string;
  readonly directory: string;
  readonly maxBytes: number | null;
}
/** Flush, then move the current trace chunk into `archive` and go on in a new one. Repeated, it does nothing more. */
export interface RotateRequest {
  readonly type: 'rotate';
  readonly session: string;
  readonly archive: string;
}
/** Drop what is in the rings, and empty the current trace chunk. */
export interface ClearRequest {
  readonly type: 'clear';
  readonly session: string;
}
/** Rewrite the metadata of a trace with another clock offset. */
export interface RegenerateMetadataRequest {
  readonly type: 'regenerate-metadata';
  readonly trace: number;
  /** As in `OpenTraceRequest`. */
  readonly clockOffsetNs: string;
}
/** Give back the memory of closed sub-buffers. Answers with `bytes` in the statistics. */
export interface ReclaimRequest {
  readonly type: 'reclaim';
  readonly session: string;
  /** Keys of channels. */
  readonly channels: readonly number[];
  /** Clock value: only sub-buffers whose newest event is not newer. */
  readonly until: number;
}

/** How full the rings of channels are. Answers with a `ChannelUse` for each key that is known, in place of statistics. */
export interface ChannelUseRequest {
  readonly type: 'channel-use';
  /** Keys of channels. */
  readonly channels: readonly number[];
}
export interface ChannelUse {
  readonly channel: number;
  /** Bytes in the fullest ring now, and the most since the question before; of so many. */
  readonly usedBytes: number;
  readonly highestBytes: number;
  readonly ringBytes: number;
}

export type ConsumerCommand =
  | OpenTraceRequest
  | OpenChannelRequest
  | DeclareEventsRequest
  | OpenRingRequest
  | CloseRingRequest
  | CloseTraceRequest
  | CountClosedTracesRequest
  | RemoveCheckpointsRequest
  | FlushRequest
  | StatisticsRequest
  | CloseSessionRequest
  | SnapshotRequest
  | RotateRequest
  | ClearRequest
  | RegenerateMetadataRequest
  | ReclaimRequest
  | ChannelUseRequest;

export type ConsumerRequest = { readonly id: number; readonly command: ConsumerCommand };

/** Requests that set something up answer with null, the others with statistics: the session's unless said otherwise. */
export type ConsumerReply =
  | { readonly id: number; readonly ok: true; readonly result: SessionStatistics | readonly ChannelUse[] | null }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
