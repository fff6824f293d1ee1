import { CONTROL_SLOT_COUNT, type CountersMessage } from '@ringtail/protocol';
import type { SharedPool } from '../../shares/shared-pool.ts';
import { addTo, type CounterMap, type Row, type RowCounter } from '../maps/counter-map.ts';
import { type CountingThread, counterAt, difference } from './thread-counters.ts';

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
    const group: Group = new Group(number, scope, map, counts, () => this.#groupClosed(group));
    this.#groups.set(number, group);
    return group;
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
      const row = group.map.admit(thread.uid, thread.process, key);
      const counter = new KeyCounter(thread, index, group, typeof row === 'string' ? undefined : row, start);
      counters.set(index, counter);
      counter.siblings.add(counter);
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
    const { row, group, base } = counter;
    const added = difference(value, base);
    if (row === undefined) group.refusedByEnded += added;
    else addTo(row, added);
    this.#drop(counter);
  }

  #drop(counter: KeyCounter): void {
    const { thread, index, siblings } = counter;
    siblings.delete(counter);
    this.#threads.get(thread)?.delete(index);
    this.#kept.give(thread.uid, COUNTER_BYTES);
  }

  #groupClosed(group: Group): void {
    group.isClosed = true;
    this.#closed.push(group.number);
    if (this.#closed.length > CLOSED_KEPT) this.#groups.delete(this.#closed.shift() as number);
    if (group.refusedCounters.size === 0) return;
    const heir = [...this.#groups.values()].find(({ scope, isClosed }) => scope === group.scope && !isClosed);
    if (heir !== undefined) group.leaveRefusedTo(heir);
  }
}

/** A thread's counter of a key. */
class KeyCounter implements RowCounter {
  readonly thread: CountingThread;
  readonly index: number;
  group: Group;
  /** Undefined: the map, or the share of the user, has no room for the key. */
  readonly row: Row | undefined;
  /** Value at which the count begins. A clear moves it, since only the thread writes to the counter. */
  base: number;

  constructor(thread: CountingThread, index: number, group: Group, row: Row | undefined, base: number) {
    this.thread = thread;
    this.index = index;
    this.group = group;
    this.row = row;
    this.base = base;
  }

  read(): number {
    return difference(this.#value(), this.base);
  }

  restart(): void {
    this.base = this.#value();
  }

  get siblings(): Set<KeyCounter> | Set<RowCounter> {
    return this.row === undefined ? this.group.refusedCounters : this.group.map.counters;
  }

  #value(): number {
    return counterAt(this.thread, this.index);
  }
}

class Group implements KeyGroup {
  readonly number: number;
  readonly scope: number;
  readonly map: CounterMap;
  readonly counts: (thread: CountingThread) => boolean;
  readonly close: () => void;
  readonly refusedCounters = new Set<KeyCounter>();
  /** Refused additions of counters that have ended. */
  refusedByEnded = 0;
  isClosed = false;

  constructor(
    number: number,
    scope: number,
    map: CounterMap,
    counts: (thread: CountingThread) => boolean,
    close: () => void,
  ) {
    this.number = number;
    this.scope = scope;
    this.map = map;
    this.counts = counts;
    this.close = close;
  }

  refused(): number {
    let refused = this.refusedByEnded;
    for (const counter of this.refusedCounters) refused += counter.read();
    return refused;
  }

  /** Further refused additions count for another group, which shares the counters. */
  leaveRefusedTo(heir: Group): void {
    for (const counter of this.refusedCounters) {
      counter.restart();
      counter.group = heir;
      heir.refusedCounters.add(counter);
    }
    this.refusedCounters.clear();
  }
}
