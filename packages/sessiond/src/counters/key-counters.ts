import { CONTROL_COUNTER_COUNT, CONTROL_SLOT_COUNT, type CountersMessage } from '@ringtail/protocol';
import type { CounterMap, LiveValue } from '../maps/counter-map.ts';
import { type CountingThread, counterAt, countersAbove0, difference } from './thread-counters.ts';

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
  /** Whether the map has no room for the key. */
  readonly refused: boolean;
  /** What was there before: of a daemon that had the thread before this one. */
  readonly start: number;
  /** Where the map's value begins; it is cleared without writing beside the thread. */
  base: number;
}

interface Thread {
  /** By index, of counters that were not zero when the thread registered. */
  readonly starts: ReadonlyMap<number, number>;
  readonly entries: Map<number, Entry>;
}

/** Groups that were closed and may still be announced by threads that have not looked since. */
const CLOSED_KEPT = 1024;

/** Counters of maps, as threads announce them. */
export class KeyCounters {
  readonly #threads = new Map<CountingThread, Thread>();
  readonly #groups = new Map<number, Group>();
  readonly #ofMaps = new Map<CounterMap, Set<Group>>();
  /** What maps whose events count once have too much of, by map: see `CounterKey`. */
  readonly #repeats = new Map<CounterMap, Group>();
  readonly #closed: Group[] = [];
  #nextNumber = 1;

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
    this.#threads.set(thread, { starts: countersAbove0(thread), entries: new Map() });
  }

  announced(thread: CountingThread, { counters }: CountersMessage): void {
    const known = this.#threads.get(thread);
    if (known === undefined) return;
    const { starts, entries } = known;
    for (const { index, map, key } of counters) {
      const group = this.#groups.get(map);
      if (index % CONTROL_SLOT_COUNT !== thread.slot || index >= CONTROL_COUNTER_COUNT) continue;
      if (group === undefined || !group.counts(thread) || entries.has(index)) continue;
      const start = starts.get(index) ?? 0;
      const entry: Entry = { thread, index, group, key, refused: !group.map.hasRoomFor(key), start, base: start };
      entries.set(index, entry);
      group.entries.add(entry);
    }
  }

  /** The thread has ended; its control file can still be read. */
  remove(thread: CountingThread): void {
    const entries = [...(this.#threads.get(thread)?.entries.values() ?? [])];
    for (const map of new Set(entries.map(({ group }) => group.map))) {
      const ofMap = entries.filter(({ group }) => group.map === map);
      for (const value of valuesOf(ofMap)) map.threadEnded(value);
    }
    for (const entry of entries) {
      const { group, refused } = entry;
      const added = addedBy(entry);
      group.ended += added;
      if (refused) group.endedRefused += added;
      group.entries.delete(entry);
    }
    this.#threads.delete(thread);
  }

  /** What threads that are there have counted into a map. */
  liveValues(map: CounterMap): readonly LiveValue[] {
    return valuesOf([...(this.#ofMaps.get(map) ?? [])].flatMap(({ entries }) => [...entries]));
  }

  /** The map begins at zero again. */
  clear(map: CounterMap): void {
    map.clear();
    for (const { entries } of this.#ofMaps.get(map) ?? []) {
      for (const entry of entries) entry.base = counterAt(entry.thread, entry.index);
    }
  }

  /** The map is no more, and neither are the groups that counted into it. */
  forget(map: CounterMap): void {
    for (const group of this.#ofMaps.get(map) ?? []) {
      this.#groups.delete(group.number);
      for (const { thread, index } of group.entries) this.#threads.get(thread)?.entries.delete(index);
    }
    this.#ofMaps.delete(map);
    this.#repeats.delete(map);
  }

  /** A group that is closed keeps what it has counted, and may be announced late. */
  #groupClosed(group: Group): void {
    this.#closed.push(group);
    const oldest = this.#closed.length > CLOSED_KEPT ? this.#closed.shift() : undefined;
    if (oldest === undefined) return;
    this.#groups.delete(oldest.number);
    if (oldest.entries.size === 0) this.#ofMaps.get(oldest.map)?.delete(oldest);
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

/** What entries of one map say, thread by thread and key by key: never less than nothing. */
function valuesOf(entries: readonly Entry[]): LiveValue[] {
  const byThread = new Map<CountingThread, Map<string, number>>();
  for (const { thread, index, key, base, refused, group } of entries) {
    if (refused) continue;
    const values = byThread.get(thread) ?? new Map<string, number>();
    byThread.set(thread, values);
    values.set(key, (values.get(key) ?? 0) + group.sign * difference(counterAt(thread, index), base));
  }
  return [...byThread].flatMap(([{ uid, process }, values]) =>
    [...values].map(([key, value]) => ({ uid, process, key, value: Math.max(value, 0) })),
  );
}
