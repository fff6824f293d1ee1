/**
 * Messages between a client (the command line, `@ringtail/ctl`) and a session daemon, over `client.sock`.
 *
 * A client sends requests, the daemon answers each once, in order. Frames as in `framing.ts`.
 */
import type { ClockKind, EventHeaderKind, EventRule } from './desired-state.ts';

export const CLIENT_PROTOCOL_VERSION = 1;
export const CLIENT_FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface ChannelAttributes {
  readonly name: string;
  readonly mode: 'discard' | 'overwrite';
  readonly subBufBytes: number;
  readonly subBufCount: number;
  readonly header: EventHeaderKind;
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
};

/** Every command: its parameters and its result. */
export interface Commands {
  hello: { params: { protocol: number }; result: { daemonVersion: string; pid: number } };
  'create-session': {
    params: { name: string; output: string; shmPath: string | null; clock: ClockKind };
    result: { name: string; output: string };
  };
  'enable-channel': { params: { session: string; channel: ChannelAttributes }; result: null };
  'enable-event': { params: { session: string; channel: string | null; rule: EventRule }; result: { channel: string } };
  'start-session': { params: { session: string }; result: null };
  /** Answers once everything committed before the stop is in the trace files. */
  'stop-session': { params: { session: string }; result: SessionStatistics };
  'destroy-session': { params: { session: string }; result: SessionStatistics };
  'list-sessions': { params: Record<string, never>; result: readonly SessionDescription[] };
  'list-applications': { params: Record<string, never>; result: readonly ApplicationDescription[] };
  'session-statistics': { params: { session: string }; result: SessionStatistics };
  'session-sightings': { params: { session: string }; result: SessionSightings };
  /** Ends the daemon once every session is destroyed. */
  shutdown: { params: Record<string, never>; result: null };
}
export type CommandName = keyof Commands;

export interface SessionDescription {
  readonly name: string;
  readonly output: string;
  readonly shmPath: string | null;
  readonly clock: ClockKind;
  readonly active: boolean;
  readonly channels: readonly (ChannelAttributes & { readonly rules: readonly EventRule[] })[];
}

export interface ApplicationDescription {
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly procname: string;
  readonly runtime: string;
  readonly mainThread: boolean;
  readonly tracepoints: readonly { readonly name: string; readonly logLevel: number }[];
  /** What the thread said that it could not do, in words, newest last; the first few only. */
  readonly troubles: readonly string[];
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
  /** In the trace files. */
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
  /** What went wrong, in words: a full disk, a damaged ring, a ring that could not be made. */
  readonly troubles: readonly string[];
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
  troubles: [],
};

export type Request = {
  [Name in CommandName]: { readonly id: number; readonly command: Name; readonly params: Commands[Name]['params'] };
}[CommandName];

export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
