import { CONTROL_COUNTER_COUNT, CONTROL_SLOT_COUNT, type CountersMessage } from '@ringtail/protocol';
import { textWeight } from '../../shares/memory-weight.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';
import type { CounterMap, LiveValue } from '../maps/counter-map.ts';
import { type CountingThread, counterAt, difference } from './thread-counters.ts';

/** What events of one rule add to the keys of one map: threads number a counter for each key, and announce it. */
export interface KeyGroup {
  /** How threads call it. */
  readonly number: number;
  /** How often all threads have added, and how often of that the map was full. */
  read(): { readonly added: number; readonly refused: number };
  /** It is not to be in any desired state any more. What threads have counted stays in the map. */
  close(): void;
}

/** A counter of a thread that adds to a key. */
interface Entry {
  readonly thread: CountingThread;
  readonly index: number;
  readonly group: Group;
  readonly key: string;
  /** Whether the map, or the share of the user, has no room for the key, which is not kept then. */
  readonly refused: boolean;
  /** What it has of the share of its user. */
  readonly bytes: number;
  /** What was there before: of other keys, or of a daemon that had the thread before this one. */
  readonly start: number;
  /** Where the map's value begins; it is cleared without writing beside the thread. */
  base: number;
}

interface Thread {
  /** By index. */
  readonly entries: Map<number, Entry>;
  /** What it has counted into maps with counters that it uses for something else now, by key. */
  readonly settled: Map<CounterMap, Map<string, number>>;
}

/** Of an entry, or a value that is settled, beside its key. */
const ENTRY_BYTES = 160;

/** Groups that were closed and may still be announced by threads that have not looked since. */
const CLOSED_KEPT = 1024;

/** Counters of maps, as threads announce them. */
export class KeyCounters {
  readonly #kept: SharedPool;
  readonly #threads = new Map<CountingThread, Thread>();
  readonly #groups = new Map<number, Group>();
  readonly #ofMaps = new Map<CounterMap, Set<Group>>();
  /** What maps whose events count once have too much of, by map: see `CounterKey`. */
  readonly #repeats = new Map<CounterMap, Group>();
  #closed: Group[] = [];
  #nextNumber = 1;

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#kept = kept;
  }

  /** @param counts whether what that thread adds is counted. */
  open(map: CounterMap, counts: (thread: CountingThread) => boolean): KeyGroup {
    return this.#open(map, 1, counts);
  }

  /**
   * How threads call what they count of a map's keys that is too much, since several triggers took one event: it is subtracted. Undefined where
   * each trigger counts.
   */
  repeatsOf(map: CounterMap): number | undefined {
    if (map.attributes.updatePolicy === 'per-rule-match') return undefined;
    let group = this.#repeats.get(map);
    if (group === undefined) {
      // Whatever a thread says of itself, it takes no more away than it has added, and has no keys if it adds nothing.
      const counts = (thread: CountingThread) =>
        [...(this.#ofMaps.get(map) ?? [])].some((other) => other.sign === 1 && other.counts(thread));
      group = this.#open(map, -1, counts);
      this.#repeats.set(map, group);
    }
    return group.number;
  }

  #open(map: CounterMap, sign: 1 | -1, counts: (thread: CountingThread) => boolean): Group {
    const group = new Group(this.#nextNumber++, map, sign, counts, (closed) => this.#groupClosed(closed));
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

  /** The thread adds to the key from now on; counted where the map and the share of the user have room for it. */
  #enter(known: Thread, announced: Pick<Entry, 'thread' | 'index' | 'group' | 'key' | 'start'>): void {
    const { thread, index, group, key, start } = announced;
    const { uid, process } = thread;
    const isFull = this.#kept.take(uid, weightOf(key)) !== undefined;
    if (isFull) group.map.refused(uid);
    const refused = isFull || group.map.admit(uid, process, key) !== undefined;
    if (refused && !isFull) this.#kept.give(uid, weightOf(key));
    if (refused && this.#kept.take(uid, ENTRY_BYTES) !== undefined) {
      // Nothing can follow this counter: the event for which it was announced is all that is known.
      group.ended++;
      group.endedRefused++;
      return;
    }
    const bytes = refused ? ENTRY_BYTES : weightOf(key);
    const entry: Entry = { ...announced, key: refused ? '' : key, refused, bytes, base: start };
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

  /** What threads that are there have counted into a map. */
  liveValues(map: CounterMap): readonly LiveValue[] {
    const byThread = new Map<CountingThread, Map<string, number>>();
    for (const [thread, { settled }] of this.#threads) {
      const values = settled.get(map);
      if (values !== undefined) byThread.set(thread, new Map(values));
    }
    for (const { entries } of this.#ofMaps.get(map) ?? []) {
      for (const entry of entries) {
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

  /** The map is no more, and neither are the groups that counted into it. */
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
    this.#repeats.delete(map);
    this.#closed = this.#closed.filter((group) => group.map !== map);
    map.release();
  }

  #giveBack({ uid }: CountingThread, settled: ReadonlyMap<string, number>): void {
    for (const key of settled.keys()) this.#kept.give(uid, weightOf(key));
  }

  /** A group that is closed keeps what it has counted, and may be announced late. */
  #groupClosed(group: Group): void {
    this.#closed.push(group);
    const oldest = this.#closed.length > CLOSED_KEPT ? this.#closed.shift() : undefined;
    if (oldest === undefined) return;
    this.#groups.delete(oldest.number);
    this.#dropIfDone(oldest);
  }

  /** The counter will not be added to for this any more. @param end what it held then */
  #settle({ entries, settled }: Thread, entry: Entry, end: number): void {
    const { thread, group, index, key, refused, bytes, start } = entry;
    const added = difference(end, start);
    group.ended += added;
    if (refused) group.endedRefused += added;
    group.entries.delete(entry);
    entries.delete(index);
    const values = settled.get(group.map) ?? new Map<string, number>();
    // The first settled value of a key keeps the entry's part of the share.
    if (refused || values.has(key)) this.#kept.give(thread.uid, bytes);
    if (!refused) settled.set(group.map, values);
    addTo(values, entry, end);
    this.#dropIfDone(group);
  }

  /** What nobody announces any more and no thread that is there has counted is in the map. */
  #dropIfDone(group: Group): void {
    if (group.entries.size === 0 && !this.#groups.has(group.number)) this.#ofMaps.get(group.map)?.delete(group);
  }
}

class Group implements KeyGroup {
  readonly number: number;
  readonly map: CounterMap;
  /** Whether what threads count is added to the map's values, or subtracted. */
  readonly sign: 1 | -1;
  readonly counts: (thread: CountingThread) => boolean;
  readonly entries = new Set<Entry>();
  /** What threads have added that are no more. */
  ended = 0;
  endedRefused = 0;
  readonly #onClosed: (group: Group) => void;

  constructor(
    number: number,
    map: CounterMap,
    sign: 1 | -1,
    counts: (thread: CountingThread) => boolean,
    onClosed: (group: Group) => void,
  ) {
    this.number = number;
    this.map = map;
    this.sign = sign;
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

/** Adds what a counter has counted by the time it held `end`, as far as the map has room for its key. */
function addTo(values: Map<string, number>, { group, key, refused, base }: Entry, end: number): void {
  if (!refused) values.set(key, (values.get(key) ?? 0) + group.sign * difference(end, base));
}

/** What a thread has counted into a map, key by key: never less than nothing. */
function liveValuesOf({ uid, process }: CountingThread, values: ReadonlyMap<string, number>): LiveValue[] {
  return [...values].map(([key, value]) => ({ uid, process, key, value: Math.max(value, 0) }));
}
