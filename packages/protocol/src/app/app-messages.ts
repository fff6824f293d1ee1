/**
 * Messages between an application's thread and a session daemon, over the application socket (`app.sock`).
 *
 * Frames as in `framing.ts`. Descriptors travel as SCM_RIGHTS with the first byte of the frame that speaks of them.
 * The daemon answers `register` and `declare`, in order; nothing else is answered. What the daemon wants is in the
 * control file; on its own it sends only `look`, for a thread that is idle and has to do something at once.
 */
import type { TracepointDescription } from '../client/client-messages.ts';
import type { CapturedValue } from '../model/triggers.ts';

export const APP_PROTOCOL_VERSION = 3;
/** No frame of either direction is longer. */
export const APP_FRAME_BYTES_MAX = 4 * 1024 * 1024;

/** First message. Carries the descriptor of the thread's control file. */
export interface RegisterMessage {
  readonly type: 'register';
  readonly protocol: number;
  readonly tracerVersion: string;
  readonly runtime: string;
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly procname: string;
  readonly mainThread: boolean;
  /** The control file's slot that this daemon may write: 0 or 1. */
  readonly slot: number;
}

/** First message, in place of `register`, of a thread that cannot be recorded; it keeps the connection while it lives. */
export interface UnableMessage {
  readonly type: 'unable';
  readonly protocol: number;
  readonly procname: string;
  readonly reason: string;
}

/** Asks for event record class identifiers in a channel. Equal descriptions get equal identifiers. */
export interface DeclareMessage {
  readonly type: 'declare';
  readonly channel: number;
  /** `EventSpec` of `@ringtail/ctf`, passed through unread but for its size and its name. */
  readonly events: readonly JsonValue[];
}

/**
 * A ring that the thread made and is about to use. Carries its descriptor.
 * The kernel keeps what is in flight: once sent, the ring outlives its thread.
 */
export interface RingMessage {
  readonly type: 'ring';
  readonly channel: number;
  /** Size of the file. */
  readonly bytes: number;
}

/** Something the thread could not do, for the daemon's log and `ringtail list`. */
export interface TroubleMessage {
  readonly type: 'trouble';
  readonly channel: number | null;
  readonly code: string;
  readonly message: string;
}

/** The tracepoints that the thread knows, whole list, sent whenever it has grown. */
export interface TracepointsMessage {
  readonly type: 'tracepoints';
  readonly tracepoints: readonly TracepointDescription[];
}

/** Events that a trigger's rule took. Sent at the first, then gathered: at most a hundred times a second for each trigger. */
export interface TriggerMatchedMessage {
  readonly type: 'trigger-matched';
  readonly trigger: number;
  /** Since the message before. */
  readonly matches: number;
  /** Events that could not be looked at, since the message before. */
  readonly discarded: number;
  /** Of the newest match, in the order of `DesiredTrigger.captures`. */
  readonly captures: readonly CapturedValue[];
}

/** Counters that the thread has begun to use for keys of maps. What one was used for before, it counts no more. */
export interface CountersMessage {
  readonly type: 'counters';
  readonly counters: readonly {
    readonly index: number;
    readonly map: number;
    readonly key: string;
    /** What the counter held then: where the key begins, and a former one ends. */
    readonly start: number;
  }[];
}

/** The thread is in its event loop: answer to a `look` that asked for it. */
export interface AliveMessage {
  readonly type: 'alive';
  readonly turn: number;
}

/** The process is about to end with this code; only of processes that were asked to tell (`RINGTAIL_GUARD`). */
export interface GoodbyeMessage {
  readonly type: 'goodbye';
  readonly exitCode: number;
  /** Message and stack of the exception that ends it. */
  readonly exception: string | null;
}

export type AppMessage =
  | RegisterMessage
  | UnableMessage
  | DeclareMessage
  | RingMessage
  | TroubleMessage
  | TracepointsMessage
  | TriggerMatchedMessage
  | CountersMessage
  | AliveMessage
  | GoodbyeMessage;

/** Answer to `register`. The desired state is in the control file before this is sent. */
export interface RegisteredReply {
  readonly type: 'registered';
  readonly daemonVersion: string;
}
export interface DeclaredReply {
  readonly type: 'declared';
  /** One identifier per event, in order. */
  readonly ids: readonly number[];
}
export interface RefusedReply {
  readonly type: 'refused';
  readonly code:
    | 'PROTOCOL_VERSION'
    | 'NOT_PERMITTED'
    | 'SHARE_USED_UP'
    | 'BAD_MESSAGE'
    | 'NO_CHANNEL'
    | 'METADATA_NOT_WRITTEN';
  readonly message: string;
}
export type AppReply = RegisteredReply | DeclaredReply | RefusedReply;

/** No answer to anything: the control file has something that does not wait for the thread's next event. */
export interface LookMessage {
  readonly type: 'look';
  /** Not 0: answer with `alive` and this number. */
  readonly turn: number;
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
