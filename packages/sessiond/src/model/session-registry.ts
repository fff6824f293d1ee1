import {
  type MapChannelParameters,
  type SnapshotOutput,
  type SnapshotOutputParameters,
  TRACKED_VALUES_MAX,
} from '@ringtail/protocol';
import { ChannelDecisions } from '../domains/user/part/channel-decisions.ts';
import { EventSpecs } from '../domains/user/part/event-specs.ts';
import { InclusionSet } from '../domains/user/part/inclusion-set.ts';
import { Sightings } from '../domains/user/part/seen-programs.ts';
import { TraceTable } from '../domains/user/part/trace-table.ts';
import { MAP_BYTES, MAPS_PER_SESSION_MAX } from '../shares/limits.ts';
import { jsonWeight } from '../shares/memory-weight.ts';
import { PoolHolding } from '../shares/pool-holding.ts';
import type { Shares } from '../shares/shares.ts';
import { CounterMap } from '../triggers/maps/counter-map.ts';
import type { ApplicationProcess } from './application-process.ts';
import { DaemonError } from './daemon-error.ts';
import { DesiredStateBudget } from './desired-state-budget.ts';
import type { Owner } from './owner.ts';
import {
  type ClockReading,
  mayUse,
  type Session,
  type SessionParameters,
  type Trace,
  type UserAttribute,
} from './session.ts';
import { SessionArchive } from './session-archive.ts';
import { SessionReservations } from './session-reservations.ts';
import { Troubles } from './troubles.ts';

type RegistryShares = Pick<Shares, 'sessions' | 'desiredState' | 'trackedValues' | 'kept' | 'sessionParts' | 'seen'>;

/** The sessions: decides about commands, without any effects outside the model. */
export class SessionRegistry {
  readonly reservations: SessionReservations;
  readonly channels: ChannelDecisions;
  readonly traces: TraceTable;
  readonly #sessions = new Map<string, Session>();
  readonly #shares: RegistryShares;
  readonly #budget: DesiredStateBudget;
  readonly #onTrouble: (session: Session, sentence: string) => void;

  /** @param onTrouble called with each new trouble of a session */
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
    this.channels = new ChannelDecisions(budget);
    this.traces = new TraceTable({ sessions: () => this.sessions(), newUuid, kept: shares.kept });
  }

  /** @throws {DaemonError} as {@link SessionReservations.admit} */
  create(parameters: SessionParameters, createdAt: Date, clockReading: ClockReading): Session {
    this.reservations.admit(parameters);
    const { name, output } = parameters;
    // Without an output nothing drains the rings: a flight recorder without a place for its snapshots.
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

  /** @returns the map's name; without a wanted name, LTTng's first free one */
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

  /** Has every thread record its state again. */
  requestStatedump(session: Session): void {
    if (!session.active) throw new DaemonError('NOT_STARTED', `the session ${session.name} is not started`);
    session.statedump++;
  }

  /**
   * Has every thread give back memory of these channels; null: of all.
   *
   * @param until clock value: newer sub-buffers stay
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
}

function freeMapName({ maps }: Session): string {
  let number = 0;
  while (maps.has(`channel${number}`)) number++;
  return `channel${number}`;
}
