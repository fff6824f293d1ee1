import { CONTROL_COUNTER_COUNT, CONTROL_SLOT_COUNT, type CountersMessage } from '@ringtail/protocol';
import { textWeight } from '../../shares/memory-weight.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';
import type { CounterMap, LiveValue } from '../maps/counter-map.ts';
import { type CountingThread, counterAt, difference } from './thread-counters.ts';

/**
 * The counters of one trigger, or of a map, for the keys of the map. Threads assign a counter to each key, and
 * announce it.
 */
export interface KeyGroup {
  /** Number of the group in desired states and announcements. */
  readonly number: number;
  /** Additions of all threads, and the part that had no room in the map. */
  read(): { readonly added: number; readonly refused: number };
  /** Closes the group once no desired state has it. Counts of threads stay in the map. */
  close(): void;
}

/** A thread's counter of a key. */
interface Entry {
  readonly thread: CountingThread;
  readonly index: number;
  readonly group: Group;
  /** Empty where the counter is not a value of the map. */
  readonly key: string;
  /** Whether the map, or the share of the user, has no room for the key. */
  readonly refused: boolean;
  /** Part of the share of its user. */
  readonly bytes: number;
  /** Value at the announcement, from other keys or from a former daemon. */
  readonly start: number;
  /** Value at which the map's count begins. A clear moves it, since only the thread writes to the counter. */
  base: number;
}

interface Thread {
  /** By index. */
  readonly entries: Map<number, Entry>;
  /** Final counts of reused counters, added up by map and key. */
  readonly settled: Map<CounterMap, Map<string, number>>;
}

/** Memory of an entry, or of a settled value, beside its key. */
const ENTRY_BYTES = 160;

/** Closed groups that are kept, since threads that have not read their control file may still announce them. */
const CLOSED_KEPT = 1024;

/** Counters of the keys of maps, which threads announce. */
export class KeyCounters {
  readonly #kept: SharedPool;
  readonly #threads = new Map<CountingThread, Thread>();
  readonly #groups = new Map<number, Group>();
  readonly #ofMaps = new Map<CounterMap, Set<Group>>();
  /** Groups of maps to which an event adds one, however many triggers it matches: see `CounterKey`. */
  readonly #perEvent = new Map<CounterMap, Group>();
  #closed: Group[] = [];
  #nextNumber = 1;

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#kept = kept;
  }

  /** @param counts whether the counters of that thread count. */
  open(map: CounterMap, counts: (thread: CountingThread) => boolean): KeyGroup {
    return this.#open(map, map.attributes.updatePolicy === 'per-rule-match', counts);
  }

  /**
   * The group of counters to which an event adds one, however many triggers it matches. Undefined where each match
   * adds one.
   */
  perEventGroupOf(map: CounterMap): number | undefined {
    if (map.attributes.updatePolicy === 'per-rule-match') return undefined;
    let group = this.#perEvent.get(map);
    if (group === undefined) {
      // A thread that no trigger of the map is about adds no keys to it.
      const counts = (thread: CountingThread) =>
        [...(this.#ofMaps.get(map) ?? [])].some((other) => !other.isOfMap && other.counts(thread));
      group = this.#open(map, true, counts);
      this.#perEvent.set(map, group);
    }
    return group.number;
  }

  #open(map: CounterMap, isOfMap: boolean, counts: (thread: CountingThread) => boolean): Group {
    const group = new Group(this.#nextNumber++, map, isOfMap, counts, (closed) => this.#groupClosed(closed));
    this.#groups.set(group.number, group);
    const groups = this.#ofMaps.get(map) ?? new Set();
    this.#ofMaps.set(map, groups.add(group));
    return group;
  }

  add(thread: CountingThread): void {
    this.#threads.set(thread, { entries: new Map(), settled: new Map() });
  }

  announced(thread: CountingThread, { counters }: CountersMessage): void {
    const known = this.#threads.get(thread);
    if (known === undefined) return;
    const { entries } = known;
    for (const { index, map, key, start } of counters) {
      const group = this.#groups.get(map);
      if (index % CONTROL_SLOT_COUNT !== thread.slot || index >= CONTROL_COUNTER_COUNT) continue;
      const former = entries.get(index);
      if (former !== undefined) this.#settle(known, former, start);
      if (group === undefined || !group.counts(thread)) continue;
      this.#enter(known, { thread, index, group, key, start });
    }
  }

  /**
   * The thread adds to the key from now on. Additions count where the map and the share of the user have room for the
   * key.
   */
  #enter(known: Thread, announced: Pick<Entry, 'thread' | 'index' | 'group' | 'key' | 'start'>): void {
    const { thread, index, group, key, start } = announced;
    const { uid, process } = thread;
    const isFull = this.#kept.take(uid, weightOf(key)) !== undefined;
    if (isFull) group.map.refused(uid);
    const refused = isFull || group.map.admit(uid, process, key) !== undefined;
    if (refused && !isFull) this.#kept.give(uid, weightOf(key));
    if (refused && this.#kept.take(uid, ENTRY_BYTES) !== undefined) {
      // The counter is not kept, so only the event that it was announced for counts.
      group.ended++;
      group.endedRefused++;
      return;
    }
    const isNamed = !refused && group.isOfMap;
    const bytes = isNamed ? weightOf(key) : ENTRY_BYTES;
    if (!refused && !isNamed) this.#kept.give(uid, weightOf(key) - ENTRY_BYTES);
    const entry: Entry = { ...announced, key: isNamed ? key : '', refused, bytes, base: start };
    known.entries.set(index, entry);
    group.entries.add(entry);
  }

  /** The thread has ended; its control file can still be read. */
  remove(thread: CountingThread): void {
    const known = this.#threads.get(thread);
    if (known === undefined) return;
    this.#threads.delete(thread);
    for (const entry of [...known.entries.values()]) this.#settle(known, entry, counterAt(thread, entry.index));
    for (const [map, values] of known.settled) {
      for (const value of liveValuesOf(thread, values)) map.threadEnded(value);
      this.#giveBack(thread, values);
    }
  }

  /** Counts of running threads in a map. */
  liveValues(map: CounterMap): readonly LiveValue[] {
    const byThread = new Map<CountingThread, Map<string, number>>();
    for (const [thread, { settled }] of this.#threads) {
      const values = settled.get(map);
      if (values !== undefined) byThread.set(thread, new Map(values));
    }
    for (const { entries, isOfMap } of this.#ofMaps.get(map) ?? []) {
      for (const entry of isOfMap ? entries : []) {
        const values = byThread.get(entry.thread) ?? new Map<string, number>();
        byThread.set(entry.thread, values);
        addTo(values, entry, counterAt(entry.thread, entry.index));
      }
    }
    return [...byThread].flatMap(([thread, values]) => liveValuesOf(thread, values));
  }

  /** The map begins at zero again. */
  clear(map: CounterMap): void {
    map.clear();
    for (const { settled } of this.#threads.values()) {
      const values = settled.get(map);
      for (const key of values?.keys() ?? []) values?.set(key, 0);
    }
    for (const { entries } of this.#ofMaps.get(map) ?? []) {
      for (const entry of entries) entry.base = counterAt(entry.thread, entry.index);
    }
  }

  /** Drops the map with its groups. */
  forget(map: CounterMap): void {
    for (const group of this.#ofMaps.get(map) ?? []) {
      this.#groups.delete(group.number);
      for (const { thread, index, bytes } of group.entries) {
        if (this.#threads.get(thread)?.entries.delete(index)) this.#kept.give(thread.uid, bytes);
      }
    }
    for (const [thread, { settled }] of this.#threads) {
      this.#giveBack(thread, settled.get(map) ?? new Map());
      settled.delete(map);
    }
    this.#ofMaps.delete(map);
    this.#perEvent.delete(map);
    this.#closed = this.#closed.filter((group) => group.map !== map);
    map.release();
  }

  #giveBack({ uid }: CountingThread, settled: ReadonlyMap<string, number>): void {
    for (const key of settled.keys()) this.#kept.give(uid, weightOf(key));
  }

  /** A closed group keeps its counts, and may be announced late. */
  #groupClosed(group: Group): void {
    this.#closed.push(group);
    const oldest = this.#closed.length > CLOSED_KEPT ? this.#closed.shift() : undefined;
    if (oldest === undefined) return;
    this.#groups.delete(oldest.number);
    this.#dropIfDone(oldest);
  }

  /** The thread adds no more to the key. @param end last value of the counter */
  #settle({ entries, settled }: Thread, entry: Entry, end: number): void {
    const { thread, group, index, key, refused, bytes, start } = entry;
    const added = difference(end, start);
    group.ended += added;
    if (refused) group.endedRefused += added;
    group.entries.delete(entry);
    entries.delete(index);
    const values = settled.get(group.map) ?? new Map<string, number>();
    const isValue = group.isOfMap && !refused;
    // The first settled value of a key keeps the entry's part of the share.
    if (!isValue || values.has(key)) this.#kept.give(thread.uid, bytes);
    if (isValue) {
      settled.set(group.map, values);
      addTo(values, entry, end);
    }
    this.#dropIfDone(group);
  }

  /** Drops a group that no thread can announce any more, and that no running thread has counted for. */
  #dropIfDone(group: Group): void {
    if (group.entries.size === 0 && !this.#groups.has(group.number)) this.#ofMaps.get(group.map)?.delete(group);
  }
}

class Group implements KeyGroup {
  readonly number: number;
  readonly map: CounterMap;
  /** Whether its counters are the map's values; else they only say how often a trigger has added. */
  readonly isOfMap: boolean;
  readonly counts: (thread: CountingThread) => boolean;
  readonly entries = new Set<Entry>();
  /** Additions of counters that have ended. */
  ended = 0;
  endedRefused = 0;
  readonly #onClosed: (group: Group) => void;

  constructor(
    number: number,
    map: CounterMap,
    isOfMap: boolean,
    counts: (thread: CountingThread) => boolean,
    onClosed: (group: Group) => void,
  ) {
    this.number = number;
    this.map = map;
    this.isOfMap = isOfMap;
    this.counts = counts;
    this.#onClosed = onClosed;
  }

  read(): { added: number; refused: number } {
    let added = this.ended;
    let refused = this.endedRefused;
    for (const entry of this.entries) {
      const more = addedBy(entry);
      added += more;
      if (entry.refused) refused += more;
    }
    return { added, refused };
  }

  close(): void {
    this.#onClosed(this);
  }
}

function addedBy({ thread, index, start }: Entry): number {
  return difference(counterAt(thread, index), start);
}

function weightOf(key: string): number {
  return ENTRY_BYTES + textWeight(key);
}

/** Adds the count of a counter with the value `end`, if the map has room for its key. */
function addTo(values: Map<string, number>, { key, refused, base }: Entry, end: number): void {
  if (!refused) values.set(key, (values.get(key) ?? 0) + difference(end, base));
}

/** The values that a thread has counted into a map. */
function liveValuesOf({ uid, process }: CountingThread, values: ReadonlyMap<string, number>): LiveValue[] {
  return [...values].map(([key, value]) => ({ uid, process, key, value }));
}
