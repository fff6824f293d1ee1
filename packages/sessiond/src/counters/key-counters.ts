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
  readonly #closed: Group[] = [];
  #nextNumber = 1;

  /** @param counts whether what that thread adds is counted. */
  open(map: CounterMap, counts: (thread: CountingThread) => boolean): KeyGroup {
    const group = new Group(this.#nextNumber++, map, counts, (closed) => this.#groupClosed(closed));
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
    for (const entry of this.#threads.get(thread)?.entries.values() ?? []) {
      const { group, refused } = entry;
      const added = addedBy(entry);
      group.ended += added;
      if (refused) group.endedRefused += added;
      else group.map.threadEnded(liveValueOf(entry));
      group.entries.delete(entry);
    }
    this.#threads.delete(thread);
  }

  /** What threads that are there have counted into a map. */
  *liveValues(map: CounterMap): Iterable<LiveValue> {
    for (const { entries } of this.#ofMaps.get(map) ?? []) {
      for (const entry of entries) if (!entry.refused) yield liveValueOf(entry);
    }
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
  readonly counts: (thread: CountingThread) => boolean;
  readonly entries = new Set<Entry>();
  /** What threads have added that are no more. */
  ended = 0;
  endedRefused = 0;
  readonly #onClosed: (group: Group) => void;

  constructor(
    number: number,
    map: CounterMap,
    counts: (thread: CountingThread) => boolean,
    onClosed: (group: Group) => void,
  ) {
    this.number = number;
    this.map = map;
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

function liveValueOf({ thread, index, key, base }: Entry): LiveValue {
  const { uid, process } = thread;
  return { uid, process, key, value: difference(counterAt(thread, index), base) };
}
