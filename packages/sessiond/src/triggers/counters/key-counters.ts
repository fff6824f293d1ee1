import { CONTROL_SLOT_COUNT, type CountersMessage } from '@ringtail/protocol';
import type { SharedPool } from '../../shares/shared-pool.ts';
import { addTo, type CounterMap, type RowCounter } from '../maps/counter-map.ts';
import { additionsOf, type CountingThread, counterAt, difference } from './thread-counters.ts';

/** Counters that threads assign to the keys of a map for one action, and announce. */
export interface KeyGroup {
  /** Number of the group in desired states and announcements. */
  readonly number: number;
  /** Groups of one scope share a counter of each key. */
  readonly scope: number;
  /** Additions that had no room in the map. */
  refused(): number;
  /** No desired state has it any more. Counts of threads stay in the map. */
  close(): void;
}

interface Group {
  readonly number: number;
  readonly scope: number;
  readonly map: CounterMap;
  readonly counts: (thread: CountingThread) => boolean;
  /** Counters of keys that have no room. */
  readonly refusedCounters: Set<KeyCounter>;
  /** Refused additions of counters that have ended. */
  refusedByEnded: number;
  isClosed: boolean;
}

/** A thread's counter of a key. */
interface KeyCounter extends RowCounter {
  group: Group;
}

/** Memory of a thread's counter of a key. */
const COUNTER_BYTES = 160;

/** Closed groups that are kept, since threads that have not read their control file may still announce them. */
const CLOSED_KEPT = 1024;

/** Counters of the keys of maps, which threads announce. */
export class KeyCounters {
  readonly #kept: SharedPool;
  /** By index. */
  readonly #threads = new Map<CountingThread, Map<number, KeyCounter>>();
  readonly #groups = new Map<number, Group>();
  /** Scopes of maps to whose keys an event adds one, however many triggers it matches. */
  readonly #scopes = new WeakMap<CounterMap, number>();
  readonly #closed: number[] = [];
  #nextNumber = 1;

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#kept = kept;
  }

  /** @param counts whether the counters of that thread count. */
  open(map: CounterMap, counts: (thread: CountingThread) => boolean): KeyGroup {
    const number = this.#nextNumber++;
    const scope = map.attributes.updatePolicy === 'per-event' ? (this.#scopes.get(map) ?? number) : number;
    this.#scopes.set(map, scope);
    const refusedCounters = new Set<KeyCounter>();
    const group: Group = { number, scope, map, counts, refusedCounters, refusedByEnded: 0, isClosed: false };
    this.#groups.set(number, group);
    return { number, scope, refused: () => refusedBy(group), close: () => this.#groupClosed(group) };
  }

  add(thread: CountingThread): void {
    this.#threads.set(thread, new Map());
  }

  announced(thread: CountingThread, { counters: announced }: CountersMessage): void {
    const counters = this.#threads.get(thread);
    if (counters === undefined) return;
    for (const { index, group: number, key, start } of announced) {
      if (index % CONTROL_SLOT_COUNT !== thread.slot) continue;
      const former = counters.get(index);
      if (former !== undefined) this.#end(former, start);
      const group = this.#groups.get(number);
      if (!group?.counts(thread)) continue;
      if (this.#kept.take(thread.uid, COUNTER_BYTES) !== undefined) {
        // The counter is not kept, so only the event that it was announced for counts.
        group.map.refused(thread.uid);
        group.refusedByEnded += 1;
        continue;
      }
      const admitted = group.map.admit(thread.uid, thread.process, key);
      const row = typeof admitted === 'string' ? undefined : admitted;
      const counter: KeyCounter = { thread, index, group, row, start };
      counters.set(index, counter);
      if (row === undefined) group.refusedCounters.add(counter);
      else group.map.counters.add(counter);
    }
  }

  /** The thread has ended; its control file can still be read. */
  remove(thread: CountingThread): void {
    for (const counter of this.#threads.get(thread)?.values() ?? []) {
      this.#end(counter, counterAt(thread, counter.index));
    }
    this.#threads.delete(thread);
  }

  /** Drops the map with its groups. */
  forget(map: CounterMap): void {
    for (const [number, group] of this.#groups) if (group.map === map) this.#groups.delete(number);
    for (const counters of this.#threads.values()) {
      for (const counter of counters.values()) if (counter.group.map === map) this.#drop(counter);
    }
    map.release();
  }

  /** The thread adds no more to the key. @param value last value of the counter */
  #end(counter: KeyCounter, value: number): void {
    const { row, group, start } = counter;
    const added = difference(value, start);
    if (row === undefined) group.refusedByEnded += added;
    else addTo(row, added);
    this.#drop(counter);
  }

  #drop(counter: KeyCounter): void {
    const { thread, index, group } = counter;
    group.refusedCounters.delete(counter);
    group.map.counters.delete(counter);
    this.#threads.get(thread)?.delete(index);
    this.#kept.give(thread.uid, COUNTER_BYTES);
  }

  /** Further refused additions count for another group of the scope, which has the same counters. */
  #groupClosed(group: Group): void {
    group.isClosed = true;
    this.#closed.push(group.number);
    if (this.#closed.length > CLOSED_KEPT) this.#groups.delete(this.#closed.shift() as number);
    if (group.refusedCounters.size === 0) return;
    const heir = [...this.#groups.values()].find(({ scope, isClosed }) => scope === group.scope && !isClosed);
    if (heir === undefined) return;
    for (const counter of group.refusedCounters) {
      counter.start = counterAt(counter.thread, counter.index);
      counter.group = heir;
      heir.refusedCounters.add(counter);
    }
    group.refusedCounters.clear();
  }
}

function refusedBy({ refusedByEnded, refusedCounters }: Group): number {
  let refused = refusedByEnded;
  for (const counter of refusedCounters) refused += additionsOf(counter);
  return refused;
}
