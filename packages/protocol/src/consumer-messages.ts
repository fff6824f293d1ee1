/**
 * Messages between a session daemon and the consumer daemon it started, over a Unix socket the consumer connects to.
 *
 * Every message is idempotent: a session daemon repeats all of them to a consumer that it had to start again.
 */

import type { JsonValue } from './app-messages.ts';
import type { ChannelAttributes, SessionStatistics } from './client-messages.ts';
import type { ClockKind } from './desired-state.ts';

export const CONSUMER_FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** A trace to write: one per session and user. */
export interface OpenTraceRequest {
  readonly type: 'open-trace';
  readonly session: string;
  /** Unique key of the trace, given by the session daemon. */
  readonly trace: number;
  /** Directory of the trace: `<output>/ust/uid/<uid>/64-bit`. */
  readonly directory: string;
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

export type ConsumerCommand =
  | OpenTraceRequest
  | OpenChannelRequest
  | DeclareEventsRequest
  | OpenRingRequest
  | CloseRingRequest
  | FlushRequest
  | StatisticsRequest
  | CloseSessionRequest;

export type ConsumerRequest = { readonly id: number; readonly command: ConsumerCommand };

/** `flush`, `statistics`, `close-ring` and `close-session` answer with the session's statistics, others with null. */
export type ConsumerReply =
  | { readonly id: number; readonly ok: true; readonly result: SessionStatistics | null }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
