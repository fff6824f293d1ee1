import { join } from 'node:path';
import {
  type ChannelAttributes,
  type ClockKind,
  DEFAULT_CHANNEL,
  type EventRule,
  type SessionDescription,
  type TraceFormat,
} from '@ringtail/protocol';
import { roundedToRing } from './channel-sizes.ts';
import { DaemonError } from './daemon-error.ts';
import { IdentifierTable } from './identifier-table.ts';
import { CHANNELS_PER_SESSION_MAX, DESIRED_STATE_BYTES_MAX, RULES_PER_CHANNEL_MAX, SESSIONS_MAX } from './limits.ts';
import type { ClockReading } from './session-clock.ts';
import { Sightings } from './sightings.ts';
import { Troubles } from './troubles.ts';

export interface Channel {
  readonly attributes: ChannelAttributes;
  readonly contexts: readonly string[];
  /** By their JSON text, in the order in which they came. */
  readonly rules: Map<string, EventRule>;
  readonly streamClassId: number;
}

/** A channel in the trace of one user: what applications and the consumer know under a key. */
export interface TraceChannel {
  readonly key: number;
  readonly trace: Trace;
  readonly channel: Channel;
  readonly identifiers: IdentifierTable;
}

/** What one session records of one user's applications. */
export interface Trace {
  readonly key: number;
  readonly session: Session;
  readonly uid: number;
  readonly uuid: string;
  /** Where it is in a trace chunk or snapshot. */
  readonly place: string;
  readonly ringDirectory: string | null;
  readonly channels: Map<Channel, TraceChannel>;
  nextStreamInstanceId: number;
}

export interface SessionParameters {
  readonly name: string;
  readonly output: string | null;
  readonly shmPath: string | null;
  readonly clock: ClockKind;
  readonly snapshot: boolean;
  readonly format: TraceFormat;
  readonly owner: Owner;
}

/** The user to whom something belongs. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Session extends SessionParameters {
  readonly createdAt: Date;
  /** What the clock was like when the session was created. */
  readonly clockReading: ClockReading;
  readonly channels: Map<string, Channel>;
  readonly traces: Map<number, Trace>;
  readonly troubles: Troubles;
  readonly sightings: Sightings;
  active: boolean;
}

/** What in a desired channel is not text that a client gave. */
const DESIRED_CHANNEL_BYTES = 1024;

/** Sessions with their channels, rules and traces: the decisions of every command, and nothing of their effects. */
export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();
  readonly #channelsByKey = new Map<number, TraceChannel>();
  readonly #newUuid: () => string;
  #nextTraceKey = 1;
  #nextChannelKey = 1;
  #desiredBytes = 0;

  constructor(newUuid: () => string) {
    this.#newUuid = newUuid;
  }

  create(parameters: SessionParameters, createdAt: Date, clockReading: ClockReading): Session {
    const { name, output, shmPath } = parameters;
    if (this.#sessions.has(name)) throw new DaemonError('SESSION_EXISTS', `there is a session ${name} already`);
    if (this.#sessions.size >= SESSIONS_MAX) {
      throw new DaemonError('TOO_MANY', `there are ${SESSIONS_MAX} sessions already`);
    }
    for (const other of this.#sessions.values()) {
      const shared = (output !== null && other.output === output) || (shmPath !== null && other.shmPath === shmPath);
      if (shared) throw new DaemonError('OUTPUT_IN_USE', `the session ${other.name} writes to the same directory`);
    }
    const session: Session = {
      ...parameters,
      createdAt,
      clockReading,
      channels: new Map(),
      traces: new Map(),
      troubles: new Troubles(),
      sightings: new Sightings(),
      active: false,
    };
    this.#sessions.set(name, session);
    return session;
  }

  session(name: string): Session {
    const session = this.#sessions.get(name);
    if (session === undefined) throw new DaemonError('NO_SUCH_SESSION', `there is no session ${name}`);
    return session;
  }

  /** The session of that name, if this user may see and change it. */
  sessionOf(name: string, user: Owner): Session {
    const session = this.#sessions.get(name);
    if (session === undefined || !mayUse(session, user)) {
      throw new DaemonError('NO_SUCH_SESSION', `there is no session ${name}`);
    }
    return session;
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  remove(session: Session): void {
    this.#sessions.delete(session.name);
    for (const trace of session.traces.values()) {
      for (const { key } of trace.channels.values()) this.#channelsByKey.delete(key);
    }
    for (const channel of session.channels.values()) {
      this.#desiredBytes -= channelBytes(session, channel.attributes);
      for (const text of channel.rules.keys()) this.#desiredBytes -= ruleBytes(text);
    }
  }

  enableChannel(session: Session, attributes: ChannelAttributes): Channel {
    const { name } = attributes;
    if (session.channels.has(name)) {
      throw new DaemonError('CHANNEL_EXISTS', `the session ${session.name} has a channel ${name} already`);
    }
    if (session.channels.size >= CHANNELS_PER_SESSION_MAX) {
      throw new DaemonError('TOO_MANY', `the session ${session.name} has ${CHANNELS_PER_SESSION_MAX} channels already`);
    }
    const channel = {
      attributes: roundedToRing(attributes),
      contexts: [],
      rules: new Map(),
      streamClassId: session.channels.size,
    };
    this.#reserve(channelBytes(session, attributes));
    session.channels.set(name, channel);
    return channel;
  }

  /** Adds a rule to the channel of that name, or to the default channel, which is made where the session has none. */
  enableEvent(session: Session, channelName: string | null, rule: EventRule): Channel {
    const channel = channelName === null ? this.#defaultChannel(session) : namedChannel(session, channelName);
    const text = JSON.stringify(rule);
    if (channel.rules.has(text)) {
      throw new DaemonError('RULE_EXISTS', `the channel ${channel.attributes.name} has this rule already`);
    }
    if (channel.rules.size >= RULES_PER_CHANNEL_MAX) {
      throw new DaemonError('TOO_MANY', `the channel ${channel.attributes.name} has too many rules`);
    }
    this.#reserve(ruleBytes(text));
    channel.rules.set(text, rule);
    return channel;
  }

  start(session: Session): void {
    if (session.active) throw new DaemonError('ALREADY_STARTED', `the session ${session.name} is started already`);
    if (session.channels.size === 0) {
      throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no channel: enable events first`);
    }
    session.active = true;
  }

  stop(session: Session): void {
    if (!session.active) throw new DaemonError('ALREADY_STOPPED', `the session ${session.name} is not started`);
    session.active = false;
  }

  /** The trace of a user in a session, with all the channels that the session has by now. */
  ensureTrace(session: Session, uid: number): Trace {
    const trace = session.traces.get(uid) ?? this.#newTrace(session, uid);
    for (const channel of session.channels.values()) {
      if (trace.channels.has(channel)) continue;
      const traceChannel = { key: this.#nextChannelKey++, trace, channel, identifiers: new IdentifierTable() };
      trace.channels.set(channel, traceChannel);
      this.#channelsByKey.set(traceChannel.key, traceChannel);
    }
    return trace;
  }

  /** The channel under a key, if it is one that this user may write to. */
  channelOf(key: number, uid: number): TraceChannel | undefined {
    const channel = this.#channelsByKey.get(key);
    return channel?.trace.uid === uid ? channel : undefined;
  }

  /** The sessions that this user may see. */
  describe(user: Owner): SessionDescription[] {
    const visible = this.sessions().filter((session) => mayUse(session, user));
    return visible.map((session) => ({
      name: session.name,
      uid: session.owner.uid,
      output: session.output,
      shmPath: session.shmPath,
      clock: session.clock,
      snapshot: session.snapshot,
      format: session.format,
      createdAt: session.createdAt.toISOString(),
      active: session.active,
      channels: [...session.channels.values()].map(({ attributes, contexts, rules }) => ({
        ...attributes,
        enabled: true,
        contexts,
        rules: [...rules.values()].map((rule) => ({ ...rule, enabled: true })),
      })),
      trackers: { vpid: null, vuid: null, vgid: null },
      snapshotOutputs: [],
      rotationSchedule: { timerUs: null, sizeBytes: null },
      rotations: 0,
      lastArchive: null,
    }));
  }

  #newTrace(session: Session, uid: number): Trace {
    const place = join('ust', 'uid', String(uid), '64-bit');
    const trace: Trace = {
      key: this.#nextTraceKey++,
      session,
      uid,
      uuid: this.#newUuid(),
      place,
      ringDirectory: session.shmPath === null ? null : join(session.shmPath, place),
      channels: new Map(),
      nextStreamInstanceId: 0,
    };
    session.traces.set(uid, trace);
    return trace;
  }

  #defaultChannel(session: Session): Channel {
    const channel = session.channels.get(DEFAULT_CHANNEL.name);
    if (channel !== undefined) return channel;
    if (session.channels.size === 0) return this.enableChannel(session, DEFAULT_CHANNEL);
    throw new DaemonError('CHANNEL_NAME_NEEDED', `the session ${session.name} has channels of other names: name one`);
  }

  /** Whatever the sessions hold has to fit into the control files of applications, all of it at once. */
  #reserve(bytes: number): void {
    if (this.#desiredBytes + bytes > DESIRED_STATE_BYTES_MAX) {
      throw new DaemonError('TOO_MANY', 'the rules of all sessions together are too many');
    }
    this.#desiredBytes += bytes;
  }
}

/** A user has their own sessions, root has all. */
export function mayUse({ owner }: Session, { uid }: Owner): boolean {
  return uid === 0 || uid === owner.uid;
}

function namedChannel(session: Session, name: string): Channel {
  const channel = session.channels.get(name);
  if (channel === undefined) {
    throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no channel ${name}`);
  }
  return channel;
}

function channelBytes(session: Session, attributes: ChannelAttributes): number {
  const texts = [session.name, attributes.name, session.shmPath];
  return DESIRED_CHANNEL_BYTES + Buffer.byteLength(JSON.stringify(texts));
}

function ruleBytes(text: string): number {
  return Buffer.byteLength(text) + 1;
}
