import {
  type ChannelAttributes,
  DEFAULT_CHANNEL,
  type EventRule,
  type MapChannelParameters,
  type SnapshotOutput,
  type SnapshotOutputParameters,
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
  mayUse,
  type Owner,
  type Session,
  type SessionParameters,
  type Trace,
  type UserAttribute,
} from './session.ts';
import { SessionReservations } from './session-reservations.ts';
import { Sightings } from './sightings.ts';
import { ownershipOf, TraceTable } from './trace-table.ts';
import { Troubles } from './troubles.ts';

/** What in a desired channel is not text that a client gave. */
const DESIRED_CHANNEL_BYTES = 1024;

type RegistryShares = Pick<Shares, 'sessions' | 'desiredState' | 'trackedValues' | 'kept' | 'sessionParts' | 'seen'>;

/** Sessions with their channels, rules and traces: the decisions of every command, and nothing of their effects. */
export class SessionRegistry {
  readonly reservations: SessionReservations;
  readonly traces: TraceTable;
  readonly #sessions = new Map<string, Session>();
  readonly #shares: RegistryShares;
  readonly #budget: DesiredStateBudget;
  readonly #onTrouble: (session: Session, sentence: string) => void;

  /** @param onTrouble told of each thing that goes wrong in a session, once */
  constructor(
    newUuid: () => string,
    shares: RegistryShares,
    budget = new DesiredStateBudget(shares.desiredState),
    onTrouble: (session: Session, sentence: string) => void = () => {},
  ) {
    this.#shares = shares;
    this.#budget = budget;
    this.#onTrouble = onTrouble;
    this.reservations = new SessionReservations(this.#sessions, shares.sessions);
    this.traces = new TraceTable({ sessions: () => this.sessions(), newUuid, kept: shares.kept });
  }

  /** @throws {DaemonError} as {@link SessionReservations.admit} */
  create(parameters: SessionParameters, createdAt: Date, clockReading: ClockReading): Session {
    this.reservations.admit(parameters);
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
    this.traces.sessionRemoved(session);
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

  track(session: Session, attribute: UserAttribute, values: readonly number[] | null): void {
    const tracker = session.trackers[attribute];
    if (tracker.size + (values?.length ?? 0) > TRACKED_VALUES_MAX) {
      throw new DaemonError('TOO_MANY', `a tracker has at most ${TRACKED_VALUES_MAX} values`);
    }
    const { trackedValues } = this.#shares;
    const refusal = trackedValues.refusalOf(session.owner.uid, values?.length ?? 0);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    this.#changeTracker(session, attribute, () => tracker.track(values));
  }

  #changeTracker({ trackers, owner }: Session, attribute: UserAttribute, change: () => void): void {
    const before = trackers[attribute].size;
    change();
    const more = trackers[attribute].size - before;
    if (more > 0) this.#shares.trackedValues.take(owner.uid, more);
    else this.#shares.trackedValues.give(owner.uid, -more);
  }

  untrack(session: Session, attribute: UserAttribute, values: readonly number[] | null): void {
    this.#changeTracker(session, attribute, () => session.trackers[attribute].untrack(values));
  }

  start(session: Session): void {
    if (session.active) throw new DaemonError('ALREADY_STARTED', `the session ${session.name} is started already`);
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

  /** The process has no thread any more. @returns its own traces */
  processEnded(process: ApplicationProcess): Trace[] {
    for (const { maps } of this.#sessions.values()) for (const map of maps.values()) map.processEnded(process);
    return this.traces.takeOfProcess(process);
  }

  countFor(user: Owner): number {
    return this.visibleTo(user).length;
  }

  /** The sessions that this user may see. */
  visibleTo(user: Owner): Session[] {
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
    return this.#newChannel(session, { ...DEFAULT_CHANNEL, name, ownership: ownershipOf(session) });
  }
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
