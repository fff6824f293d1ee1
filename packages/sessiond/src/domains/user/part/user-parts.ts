import { assert } from '@ringtail/base';
import { type MapChannelParameters, TRACKED_VALUES_MAX } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../../model/application-process.ts';
import { DaemonError } from '../../../model/daemon-error.ts';
import type { DesiredStateBudget } from '../../../model/desired-state-budget.ts';
import type { Session } from '../../../model/session.ts';
import { MAP_BYTES, MAPS_PER_SESSION_MAX } from '../../../shares/limits.ts';
import { jsonWeight } from '../../../shares/memory-weight.ts';
import type { Shares } from '../../../shares/shares.ts';
import { CounterMap } from '../../../triggers/maps/counter-map.ts';
import { ChannelDecisions } from './channel-decisions.ts';
import { EventSpecs } from './event-specs.ts';
import { InclusionSet } from './inclusion-set.ts';
import { SeenPrograms } from './seen-programs.ts';
import { TraceTable } from './trace-table.ts';
import type { Channel, ProgramDomain, Trace, UserAttribute, UserPart } from './user-part.ts';
import { WrongValues } from './wrong-values.ts';

type PartShares = Pick<Shares, 'trackedValues' | 'kept' | 'seen'>;

/** The parts of all sessions in user space: decides about commands, without any effects outside. */
export class UserParts {
  /** Decisions about channels of user space. */
  readonly channels: ChannelDecisions;
  readonly traces: TraceTable;
  readonly #parts = new Map<Session, UserPart>();
  readonly #shares: PartShares;
  readonly #budget: DesiredStateBudget;

  constructor(newUuid: () => string, shares: PartShares, budget: DesiredStateBudget) {
    this.#shares = shares;
    this.#budget = budget;
    this.channels = this.channelsOf('user');
    this.traces = new TraceTable({ parts: () => this.all(), newUuid, kept: shares.kept });
  }

  /** Decisions about the channels of a domain. */
  channelsOf(domain: ProgramDomain): ChannelDecisions {
    return new ChannelDecisions(domain, this.#budget);
  }

  /** Makes the part of a new session. */
  add(session: Session): UserPart {
    const part: UserPart = {
      session,
      channels: new Map(),
      maps: new Map(),
      trackers: { vpid: new InclusionSet(), vuid: new InclusionSet(), vgid: new InclusionSet() },
      traces: new Map(),
      eventSpecs: new EventSpecs(this.#shares.kept),
      seen: new SeenPrograms(session.owner, this.#shares.seen),
      wrongValues: new WrongValues(),
      statedump: 0,
    };
    this.#parts.set(session, part);
    return part;
  }

  of(session: Session): UserPart {
    const part = this.#parts.get(session);
    assert(part !== undefined, 'a session has its part of user space as long as it exists');
    return part;
  }

  all(): UserPart[] {
    return [...this.#parts.values()];
  }

  /** The session has been destroyed. */
  remove(part: UserPart): void {
    const { session, trackers, eventSpecs, seen } = part;
    this.#parts.delete(session);
    for (const { size } of Object.values(trackers)) this.#shares.trackedValues.give(session.owner.uid, size);
    eventSpecs.release();
    seen.release();
    this.#budget.release(part);
    this.traces.partRemoved(part);
  }

  /** @returns the map's name; without a wanted name, LTTng's first free one */
  addMap({ session, maps }: UserPart, parameters: MapChannelParameters): string {
    const name = parameters.name ?? freeMapName(maps);
    if (maps.has(name)) {
      throw new DaemonError('MAP_EXISTS', `the session ${session.name} has a map ${name} already`);
    }
    if (maps.size >= MAPS_PER_SESSION_MAX) {
      throw new DaemonError('TOO_MANY', `the session ${session.name} has ${MAPS_PER_SESSION_MAX} maps already`);
    }
    const attributes = { ...parameters, name };
    const ownerUid = session.owner.uid;
    const refusal = session.holding.take(ownerUid, MAP_BYTES + jsonWeight(attributes));
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    const { kept } = this.#shares;
    const onRefused = (uid: number) =>
      session.troubles.add(`keys of maps are not counted: ${kept.nameShare(uid)} is used up`);
    maps.set(name, new CounterMap({ attributes, ownerUid, kept, onRefused }));
    return name;
  }

  track(part: UserPart, attribute: UserAttribute, values: readonly number[] | null): void {
    const tracker = part.trackers[attribute];
    if (tracker.size + (values?.length ?? 0) > TRACKED_VALUES_MAX) {
      throw new DaemonError('TOO_MANY', `a tracker has at most ${TRACKED_VALUES_MAX} values`);
    }
    const refusal = this.#shares.trackedValues.refusalOf(part.session.owner.uid, values?.length ?? 0);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    this.#changeTracker(part, tracker, () => tracker.track(values));
  }

  untrack(part: UserPart, attribute: UserAttribute, values: readonly number[] | null): void {
    const tracker = part.trackers[attribute];
    this.#changeTracker(part, tracker, () => tracker.untrack(values));
  }

  #changeTracker({ session }: UserPart, tracker: InclusionSet, change: () => void): void {
    const before = tracker.size;
    change();
    const more = tracker.size - before;
    if (more > 0) this.#shares.trackedValues.take(session.owner.uid, more);
    else this.#shares.trackedValues.give(session.owner.uid, -more);
  }

  /**
   * Has every thread give back memory of these channels.
   *
   * @param until clock value: newer sub-buffers stay
   */
  requestReclaim(channels: readonly Channel[], until: number): void {
    for (const channel of channels) {
      channel.reclaims++;
      channel.reclaimUntil = until;
    }
  }

  /** The process has no thread any more. @returns its own traces */
  processEnded(process: ApplicationProcess): Trace[] {
    for (const { maps } of this.#parts.values()) for (const map of maps.values()) map.processEnded(process);
    return this.traces.takeOfProcess(process);
  }
}

function freeMapName(maps: ReadonlyMap<string, CounterMap>): string {
  let number = 0;
  while (maps.has(`channel${number}`)) number++;
  return `channel${number}`;
}
