import { join } from 'node:path';
import {
  type ChannelAttributes,
  DEFAULT_CHANNEL,
  type EventRule,
  type MapChannelParameters,
  type SessionDescription,
  type SnapshotOutput,
  type SnapshotOutputParameters,
  type TrackedAttribute,
} from '@ringtail/protocol';
import { SessionArchive } from '../archives/session-archive.ts';
import type { ClockReading } from '../clock/session-clock.ts';
import { jsonWeight } from '../shares/memory-weight.ts';
import { PoolHolding } from '../shares/pool-holding.ts';
import type { Shares } from '../shares/shares.ts';
import { CounterMap } from '../triggers/maps/counter-map.ts';
import { attributesIn } from './channel-attributes.ts';
import { DaemonError } from './daemon-error.ts';
import { DesiredStateBudget } from './desired-state-budget.ts';
import { EventSpecs } from './event-specs.ts';
import { IdentifierTable } from './identifier-table.ts';
import { InclusionSet } from './inclusion-set.ts';
import {
  CHANNELS_PER_SESSION_MAX,
  CONTEXTS_PER_CHANNEL_MAX,
  MAP_BYTES,
  MAPS_PER_SESSION_MAX,
  RULES_PER_CHANNEL_MAX,
  TRACKED_VALUES_MAX,
} from './limits.ts';
import { RuleSet } from './rule-set.ts';
import {
  type ApplicationProcess,
  type Channel,
  isAbout,
  mayUse,
  type Owner,
  type RecordedThread,
  type Session,
  type SessionParameters,
  type Trace,
  type TraceChannel,
  tracks,
} from './session.ts';
import { describeSession } from './session-description.ts';
import { Sightings } from './sightings.ts';
import { placeOfUser } from './trace-place.ts';
import { Troubles } from './troubles.ts';

/** What in a desired channel is not text that a client gave. */
const DESIRED_CHANNEL_BYTES = 1024;

type RegistryShares = Pick<Shares, 'sessions' | 'desiredState' | 'trackedValues' | 'kept' | 'sessionParts' | 'seen'>;

/** What of a session may be in the way of others. */
type WantedSession = Pick<SessionParameters, 'name' | 'output' | 'shmPath' | 'snapshot' | 'owner'>;

/** Sessions with their channels, rules and traces: the decisions of every command, and nothing of their effects. */
export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();
  readonly #reserved = new Set<WantedSession>();
  readonly #channelsByKey = new Map<number, TraceChannel>();
  readonly #newUuid: () => string;
  readonly #shares: RegistryShares;
  readonly #budget: DesiredStateBudget;
  readonly #onTrouble: (session: Session, sentence: string) => void;
  #nextTraceKey = 1;
  #nextChannelKey = 1;

  /** @param onTrouble told of each thing that goes wrong in a session, once */
  constructor(
    newUuid: () => string,
    shares: RegistryShares,
    budget = new DesiredStateBudget(shares.desiredState),
    onTrouble: (session: Session, sentence: string) => void = () => {},
  ) {
    this.#newUuid = newUuid;
    this.#shares = shares;
    this.#budget = budget;
    this.#onTrouble = onTrouble;
  }

  /**
   * Reserves the place of a session that is about to be created: its output directory is still to be made.
   *
   * @returns gives the place back
   * @throws {DaemonError} `SESSION_EXISTS`, `NAME_TAKEN`, `TOO_MANY`, `OUTPUT_IN_USE`
   */
  reserve(wanted: WantedSession): () => void {
    const { owner } = wanted;
    this.#admit(wanted);
    this.#reserved.add(wanted);
    this.#shares.sessions.take(owner.uid, 1);
    return () => {
      if (this.#reserved.delete(wanted)) this.#shares.sessions.give(owner.uid, 1);
    };
  }

  /** Whether a session of this daemon writes to that directory, or is about to. */
  writesTo(output: string): boolean {
    const others = [...this.#sessions.values(), ...this.#reserved];
    return others.some((other) => !other.snapshot && other.output === output);
  }

  #admit(wanted: WantedSession): void {
    const { name, owner } = wanted;
    const others = [...this.#sessions.values(), ...this.#reserved];
    const namesake = this.#sessions.get(name) ?? others.find((other) => other.name === name);
    if (namesake !== undefined) {
      if (!isAbout(owner, namesake.owner.uid)) {
        throw new DaemonError('NAME_TAKEN', `the name ${name} is taken by a session of another user`);
      }
      if (owner.uid !== namesake.owner.uid) {
        throw new DaemonError('NAME_TAKEN', `there is a session ${name} of user ${namesake.owner.uid} already`);
      }
      const state = this.#sessions.has(name) ? `there is a session ${name}` : `a session ${name} is being created`;
      throw new DaemonError('SESSION_EXISTS', `${state} already`);
    }
    const refusal = this.#shares.sessions.refusalOf(owner.uid, 1);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    for (const other of others) {
      if (sharesRingFiles(other, wanted)) {
        throw new DaemonError('OUTPUT_IN_USE', `the session ${other.name} has its ring files in the same directory`);
      }
      if (isInsideTrace(other, wanted)) {
        throw new DaemonError('OUTPUT_IN_USE', `${wanted.output} is inside of the trace of the session ${other.name}`);
      }
    }
  }

  /** @throws {DaemonError} as {@link SessionRegistry.reserve} */
  create(parameters: SessionParameters, createdAt: Date, clockReading: ClockReading): Session {
    this.#admit(parameters);
    const { name, output } = parameters;
    // Where nothing is written, nobody drains the rings: that is a flight recorder without a place for its snapshots.
    const actual = { ...parameters, snapshot: parameters.snapshot || output === null };
    const session: Session = {
      ...actual,
      createdAt,
      clockReading,
      channels: new Map(),
      maps: new Map(),
      trackers: { vpid: new InclusionSet(), vuid: new InclusionSet(), vgid: new InclusionSet() },
      traces: new Map(),
      eventSpecs: new EventSpecs(this.#shares.kept),
      archive: new SessionArchive(actual),
      troubles: new Troubles((sentence) => this.#onTrouble(session, sentence)),
      sightings: new Sightings(actual.owner, this.#shares.seen),
      parts: new PoolHolding(this.#shares.sessionParts),
      active: false,
      leaving: false,
      started: false,
      traced: false,
      statedump: 0,
    };
    this.#sessions.set(name, session);
    this.#shares.sessions.take(session.owner.uid, 1);
    return session;
  }

  /** Sessions that are being destroyed, and still have the name or a directory of one that is to be created. */
  leavingBefore(wanted: Omit<WantedSession, 'owner'>, user: Owner): Session[] {
    return this.sessions().filter(
      (other) =>
        other.leaving &&
        mayUse(other, user) &&
        (other.name === wanted.name || other.output === wanted.output || sharesRingFiles(other, wanted)),
    );
  }

  /** The session of that name, if this user may see and change it. */
  sessionOf(name: string, user: Owner): Session {
    const session = this.#sessions.get(name);
    if (session === undefined || session.leaving || !mayUse(session, user)) {
      throw new DaemonError('NO_SUCH_SESSION', `there is no session ${name}`);
    }
    return session;
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  remove(session: Session): void {
    this.#sessions.delete(session.name);
    this.#shares.sessions.give(session.owner.uid, 1);
    for (const { size } of Object.values(session.trackers)) this.#shares.trackedValues.give(session.owner.uid, size);
    session.eventSpecs.release();
    session.sightings.release();
    session.parts.giveBackAll();
    this.#budget.release(session);
    for (const trace of session.traces.values()) this.#forgetKeys(trace);
  }

  /** Makes a channel; or enables one that is disabled, whose attributes stay what they are. */
  enableChannel(session: Session, attributes: ChannelAttributes): Channel {
    const { name } = attributes;
    const known = session.channels.get(name);
    if (known === undefined) return this.#newChannel(session, attributes);
    if (known.enabled) {
      throw new DaemonError('CHANNEL_EXISTS', `the session ${session.name} has a channel ${name} already`);
    }
    known.enabled = true;
    return known;
  }

  disableChannel(session: Session, name: string): void {
    namedChannel(session, name).enabled = false;
  }

  /**
   * Adds a rule, or enables an equal one that is disabled.
   *
   * @param channelName of a channel, which is made with the default attributes where the session has none of that name;
   * null: the default channel, if the session has no others.
   */
  enableEvent(session: Session, channelName: string | null, rule: EventRule): Channel {
    const key = RuleSet.keyOf(rule);
    const channel = this.#channelForRule(session, channelName);
    const { rules } = channel;
    if (!rules.has(key)) {
      if (rules.size >= RULES_PER_CHANNEL_MAX) {
        throw new DaemonError('TOO_MANY', `the channel ${channel.attributes.name} has too many rules`);
      }
      this.#budget.reserve(session, session.owner.uid, Buffer.byteLength(JSON.stringify(rule)) + 1);
    }
    if (!rules.enable(key, rule)) {
      throw new DaemonError('RULE_EXISTS', `the channel ${channel.attributes.name} has this rule already`);
    }
    return channel;
  }

  /** Disables the rules of a channel with exactly this pattern, or with null all of them. */
  disableEvent(
    session: Session,
    channelName: string | null,
    pattern: string | null,
  ): { readonly channel: string; readonly disabled: number } {
    const { attributes, rules } = channelOfRules(session, channelName);
    const disabled = rules.disable(pattern);
    if (pattern !== null && disabled === 0) {
      throw new DaemonError('NO_RULE', `the channel ${attributes.name} has no rule ${pattern}`);
    }
    return { channel: attributes.name, disabled };
  }

  /**
   * Adds context fields to a channel, or with null to every channel that lacks them; a session without a channel gets the
   * default one, as in LTTng.
   *
   * @returns the channels to which something was added
   */
  addContexts(session: Session, channelName: string | null, contexts: readonly string[]): readonly Channel[] {
    if (session.started) {
      throw new DaemonError(
        'ALREADY_STARTED',
        `the session ${session.name} has been started: context fields can only be added before`,
      );
    }
    const channels = this.#channelsForContexts(session, channelName);
    const added = [...new Set(contexts)];
    for (const context of added) {
      if (channels.some((channel) => !channel.contexts.includes(context))) continue;
      throw new DaemonError('CONTEXT_EXISTS', `there is the context field ${context} already`);
    }
    const lacking = channels.map((channel) => added.filter((context) => !channel.contexts.includes(context)));
    if (channels.some((channel, idx) => channel.contexts.length + lacking[idx]!.length > CONTEXTS_PER_CHANNEL_MAX)) {
      throw new DaemonError('TOO_MANY', `a channel has at most ${CONTEXTS_PER_CHANNEL_MAX} context fields`);
    }
    this.#budget.reserve(session, session.owner.uid, Buffer.byteLength(JSON.stringify(lacking)));
    channels.forEach((channel, idx) => {
      channel.contexts = [...channel.contexts, ...lacking[idx]!];
    });
    return channels.filter((_, idx) => lacking[idx]!.length > 0);
  }

  /** @returns the map's name, which is the first free one of LTTng's where none is given */
  addMap(session: Session, parameters: MapChannelParameters): string {
    const name = parameters.name ?? freeMapName(session);
    if (session.maps.has(name)) {
      throw new DaemonError('MAP_EXISTS', `the session ${session.name} has a map ${name} already`);
    }
    if (session.maps.size >= MAPS_PER_SESSION_MAX) {
      throw new DaemonError('TOO_MANY', `the session ${session.name} has ${MAPS_PER_SESSION_MAX} maps already`);
    }
    const attributes = { ...parameters, name };
    const ownerUid = session.owner.uid;
    const refusal = session.parts.take(ownerUid, MAP_BYTES + jsonWeight(attributes));
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    const { kept } = this.#shares;
    const onRefused = (uid: number) =>
      session.troubles.add(`keys of maps are not counted: ${kept.nameShare(uid)} is used up`);
    session.maps.set(name, new CounterMap({ attributes, ownerUid, kept, onRefused }));
    return name;
  }

  addSnapshotOutput({ archive, parts, owner }: Session, parameters: SnapshotOutputParameters): SnapshotOutput {
    const output = archive.addOutput(parameters);
    const refusal = parts.take(owner.uid, jsonWeight(output));
    if (refusal === undefined) return output;
    archive.deleteOutput(output.id);
    throw new DaemonError('TOO_MANY', refusal);
  }

  /** @param key identifier or name */
  deleteSnapshotOutput({ archive, parts, owner }: Session, key: number | string): void {
    parts.giveBack(owner.uid, jsonWeight(archive.deleteOutput(key)));
  }

  track(session: Session, attribute: TrackedAttribute, values: readonly number[] | null): void {
    const tracker = session.trackers[attribute];
    if (tracker.size + (values?.length ?? 0) > TRACKED_VALUES_MAX) {
      throw new DaemonError('TOO_MANY', `a tracker has at most ${TRACKED_VALUES_MAX} values`);
    }
    const { trackedValues } = this.#shares;
    const refusal = trackedValues.refusalOf(session.owner.uid, values?.length ?? 0);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    this.#changeTracker(session, attribute, () => tracker.track(values));
  }

  #changeTracker({ trackers, owner }: Session, attribute: TrackedAttribute, change: () => void): void {
    const before = trackers[attribute].size;
    change();
    const more = trackers[attribute].size - before;
    if (more > 0) this.#shares.trackedValues.take(owner.uid, more);
    else this.#shares.trackedValues.give(owner.uid, -more);
  }

  untrack(session: Session, attribute: TrackedAttribute, values: readonly number[] | null): void {
    this.#changeTracker(session, attribute, () => session.trackers[attribute].untrack(values));
  }

  start(session: Session): void {
    if (session.active) throw new DaemonError('ALREADY_STARTED', `the session ${session.name} is started already`);
    if (session.channels.size === 0 && session.maps.size === 0) {
      throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no channel: enable events first`);
    }
    session.active = true;
    session.started = true;
    session.statedump++;
  }

  stop(session: Session): void {
    if (!session.active) throw new DaemonError('ALREADY_STOPPED', `the session ${session.name} is not started`);
    session.active = false;
  }

  /** Every thread is to record its state again. */
  requestStatedump(session: Session): void {
    if (!session.active) throw new DaemonError('NOT_STARTED', `the session ${session.name} is not started`);
    session.statedump++;
  }

  /**
   * Every thread is to give back what memory it can of these channels; null: of all.
   *
   * @param until clock value: what is newer stays
   */
  requestReclaim(session: Session, names: readonly string[] | null, until: number): void {
    for (const channel of session.channels.values()) {
      if (names !== null && !names.includes(channel.attributes.name)) continue;
      channel.reclaims++;
      channel.reclaimUntil = until;
    }
  }

  /** The trace of a thread in a session, with all the channels that the session has by now. */
  ensureTrace(session: Session, thread: RecordedThread): Trace {
    const trace = this.traceOf(session, thread) ?? this.#newTrace(session, thread);
    for (const channel of session.channels.values()) {
      if (trace.channels.has(channel)) continue;
      const identifiers = new IdentifierTable(thread.uid, session.eventSpecs, this.#shares.kept);
      const traceChannel = { key: this.#nextChannelKey++, trace, channel, identifiers };
      trace.channels.set(channel, traceChannel);
      this.#channelsByKey.set(traceChannel.key, traceChannel);
    }
    return trace;
  }

  traceOf(session: Session, thread: RecordedThread): Trace | undefined {
    return session.traces.get(traceKeyOf(session, thread));
  }

  /** The traces into which a thread is to record now. */
  activeTracesOf(thread: RecordedThread): Trace[] {
    return this.sessions()
      .filter((session) => session.active && tracks(session, thread))
      .map((session) => this.traceOf(session, thread))
      .filter((trace) => trace !== undefined)
      .filter(({ isRecordable }) => isRecordable);
  }

  /** The channel under a key, if it is one that this thread may write to. */
  channelOf(key: number, { uid, process }: RecordedThread): TraceChannel | undefined {
    const channel = this.#channelsByKey.get(key);
    if (channel?.trace.uid !== uid) return undefined;
    return channel.trace.process === null || channel.trace.process === process ? channel : undefined;
  }

  /**
   * The process has no thread any more.
   *
   * @returns its own traces, which get nothing more but what is in their rings
   */
  processEnded(process: ApplicationProcess): Trace[] {
    const ended: Trace[] = [];
    for (const session of this.#sessions.values()) {
      for (const map of session.maps.values()) map.processEnded(process);
      const key = keyOfProcess(process);
      const trace = session.traces.get(key);
      if (trace === undefined) continue;
      session.traces.delete(key);
      this.#forgetKeys(trace);
      ended.push(trace);
    }
    return ended;
  }

  /** The sessions that this user may see. */
  *describe(user: Owner): Generator<SessionDescription> {
    for (const session of this.#visibleTo(user)) yield describeSession(session);
  }

  countFor(user: Owner): number {
    return this.#visibleTo(user).length;
  }

  #visibleTo(user: Owner): Session[] {
    return this.sessions().filter((session) => !session.leaving && mayUse(session, user));
  }

  #newChannel(session: Session, wanted: ChannelAttributes): Channel {
    if (session.channels.size >= CHANNELS_PER_SESSION_MAX) {
      throw new DaemonError('TOO_MANY', `the session ${session.name} has ${CHANNELS_PER_SESSION_MAX} channels already`);
    }
    const channel: Channel = {
      attributes: attributesIn(session, wanted),
      contexts: [],
      rules: new RuleSet(),
      streamClassId: session.channels.size,
      reclaims: 0,
      reclaimUntil: 0,
      enabled: true,
    };
    const texts = [session.name, wanted.name, session.shmPath];
    this.#budget.reserve(session, session.owner.uid, DESIRED_CHANNEL_BYTES + Buffer.byteLength(JSON.stringify(texts)));
    session.channels.set(wanted.name, channel);
    return channel;
  }

  #channelForRule(session: Session, name: string | null): Channel {
    const wanted = name ?? DEFAULT_CHANNEL.name;
    const known = session.channels.get(wanted);
    if (known !== undefined) return known;
    if (name === null && session.channels.size > 0) throw channelNameNeeded(session);
    return this.#defaultChannel(session, wanted);
  }

  #channelsForContexts(session: Session, name: string | null): Channel[] {
    if (name !== null) return [namedChannel(session, name)];
    if (session.channels.size === 0) this.#defaultChannel(session, DEFAULT_CHANNEL.name);
    return [...session.channels.values()];
  }

  /** A channel that nobody described: like the default one, with the buffers of those that there are. */
  #defaultChannel(session: Session, name: string): Channel {
    const [first] = session.channels.values();
    const ownership = first?.attributes.ownership ?? DEFAULT_CHANNEL.ownership;
    return this.#newChannel(session, { ...DEFAULT_CHANNEL, name, ownership });
  }

  #newTrace(session: Session, thread: RecordedThread): Trace {
    const process = ownershipOf(session) === 'process' ? thread.process : null;
    const place = process === null ? placeOfUser(thread.uid) : process.tracePlace;
    const trace: Trace = {
      key: this.#nextTraceKey++,
      session,
      uid: thread.uid,
      gid: thread.gid,
      process,
      uuid: this.#newUuid(),
      place,
      ringDirectory: session.shmPath === null ? null : join(session.shmPath, place),
      isRecordable: session.shmPath === null,
      channels: new Map(),
      nextStreamInstanceId: 0,
    };
    session.traces.set(traceKeyOf(session, thread), trace);
    session.traced = true;
    return trace;
  }

  #forgetKeys(trace: Trace): void {
    for (const { key, identifiers } of trace.channels.values()) {
      this.#channelsByKey.delete(key);
      identifiers.release();
    }
  }
}

type Directories = Pick<SessionParameters, 'output' | 'shmPath'>;

function sharesRingFiles(one: Directories, { shmPath }: Directories): boolean {
  return shmPath !== null && one.shmPath === shmPath;
}

/** A rotation moves all of `ust`, and a clear removes from it: nothing else may be written there. */
function isInsideTrace(one: Directories, { output }: Directories): boolean {
  if (one.output === null || output === null) return false;
  const trace = join(one.output, 'ust');
  return output === trace || output.startsWith(`${trace}/`);
}

/** All channels of a session have the same. */
function ownershipOf(session: Session): ChannelAttributes['ownership'] {
  const [channel] = session.channels.values();
  return channel?.attributes.ownership ?? DEFAULT_CHANNEL.ownership;
}

function traceKeyOf(session: Session, { uid, process }: RecordedThread): string {
  return ownershipOf(session) === 'process' ? keyOfProcess(process) : `user ${uid}`;
}

function keyOfProcess({ key }: ApplicationProcess): string {
  return `process ${key}`;
}

function namedChannel(session: Session, name: string): Channel {
  const channel = session.channels.get(name);
  if (channel === undefined) {
    throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no channel ${name}`);
  }
  return channel;
}

/** The channel whose rules are meant: the one that is named, else the default one. */
function channelOfRules(session: Session, name: string | null): Channel {
  const { channels } = session;
  if (name === null && channels.size > 0 && !channels.has(DEFAULT_CHANNEL.name)) throw channelNameNeeded(session);
  return namedChannel(session, name ?? DEFAULT_CHANNEL.name);
}

function channelNameNeeded({ name }: Session): DaemonError {
  return new DaemonError('CHANNEL_NAME_NEEDED', `the session ${name} has channels of other names: name one`);
}

function freeMapName({ maps }: Session): string {
  let number = 0;
  while (maps.has(`channel${number}`)) number++;
  return `channel${number}`;
}
