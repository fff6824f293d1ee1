import { type MapChannelAttributes, type MapRow, type MapRowOwner, mapValueBits } from '@ringtail/protocol';
import type { ApplicationProcess } from '../session.ts';

/** Counters of one owner, by key. */
type Values = Map<string, number>;

const INT32_MAX = 2 ** 31 - 1;

/** A value that is not kept here, but counted by a thread that is there. */
export interface LiveValue {
  readonly uid: number;
  readonly process: ApplicationProcess;
  readonly key: string;
  readonly value: number;
}

/** A map of a session: what is known of its counters but for those that threads have at this moment. */
export class CounterMap {
  readonly attributes: MapChannelAttributes;
  readonly #keys = new Set<string>();
  /** Where counters are of processes: of threads that have ended, of processes that go on. */
  readonly #ofProcesses = new Map<ApplicationProcess, { readonly uid: number; readonly values: Values }>();
  /** Where counters are of users: of threads that have ended. */
  readonly #ofUsers = new Map<number, Values>();
  /** What no application counts, and what processes left that have ended. */
  readonly #shared: Values = new Map();

  constructor(attributes: MapChannelAttributes) {
    this.attributes = attributes;
  }

  /** Whether there is a counter of this key, which is made where there is room. */
  hasRoomFor(key: string): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#keys.size >= this.attributes.keyCountMax) return false;
    this.#keys.add(key);
    return true;
  }

  /** Adds to a counter that no application has. False if the map is full. */
  increment(key: string, count: number): boolean {
    if (!this.hasRoomFor(key)) return false;
    addTo(this.#shared, key, count);
    return true;
  }

  threadEnded({ uid, process, key, value }: LiveValue): void {
    if (this.attributes.ownership === 'user') {
      addTo(valuesOf(this.#ofUsers, uid), key, value);
      return;
    }
    let entry = this.#ofProcesses.get(process);
    if (entry === undefined) {
      entry = { uid, values: new Map() };
      this.#ofProcesses.set(process, entry);
    }
    addTo(entry.values, key, value);
  }

  processEnded(process: ApplicationProcess): void {
    const entry = this.#ofProcesses.get(process);
    if (entry === undefined) return;
    this.#ofProcesses.delete(process);
    if (this.attributes.deadProcesses === 'drop') return;
    for (const [key, value] of entry.values) addTo(this.#shared, key, value);
  }

  /** All counters that are there begin at zero again. */
  clear(): void {
    const all = [
      this.#shared,
      ...this.#ofUsers.values(),
      ...[...this.#ofProcesses.values()].map(({ values }) => values),
    ];
    for (const values of all) for (const key of values.keys()) values.set(key, 0);
  }

  /** One row for each owner and key, in this order; what is shared comes last. */
  rows(live: Iterable<LiveValue>): MapRow[] {
    const groups = this.attributes.ownership === 'user' ? this.#userGroups(live) : this.#processGroups(live);
    groups.sort((a, b) => orderOf(a.owner) - orderOf(b.owner));
    return [...groups, { owner: { kind: 'shared' as const }, values: this.#shared }].flatMap((group) =>
      this.#rowsOf(group),
    );
  }

  #userGroups(live: Iterable<LiveValue>): Group[] {
    const byUser = new Map([...this.#ofUsers].map(([uid, values]) => [uid, new Map(values)]));
    for (const { uid, key, value } of live) addTo(valuesOf(byUser, uid), key, value);
    return [...byUser].map(([uid, values]) => ({ owner: { kind: 'user', uid }, values }));
  }

  #processGroups(live: Iterable<LiveValue>): Group[] {
    const byProcess = new Map<ApplicationProcess, { readonly uid: number; readonly values: Values }>();
    for (const [process, { uid, values }] of this.#ofProcesses)
      byProcess.set(process, { uid, values: new Map(values) });
    for (const { uid, process, key, value } of live) {
      const entry = byProcess.get(process) ?? { uid, values: new Map() };
      byProcess.set(process, entry);
      addTo(entry.values, key, value);
    }
    return [...byProcess].map(([{ pid, procname }, { uid, values }]) => ({
      owner: { kind: 'process', uid, pid, procname },
      values,
    }));
  }

  #rowsOf({ owner, values }: Group): MapRow[] {
    const { name } = this.attributes;
    const isNarrow = mapValueBits(this.attributes, owner.kind) === 32;
    return [...values]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({
        map: name,
        owner,
        key,
        value: isNarrow ? value | 0 : value,
        overflow: isNarrow && value > INT32_MAX,
      }));
  }
}

interface Group {
  readonly owner: MapRowOwner;
  readonly values: Values;
}

function addTo(values: Values, key: string, value: number): void {
  values.set(key, Math.min((values.get(key) ?? 0) + value, Number.MAX_SAFE_INTEGER));
}

function valuesOf(all: Map<number, Values>, uid: number): Values {
  let values = all.get(uid);
  if (values === undefined) {
    values = new Map();
    all.set(uid, values);
  }
  return values;
}

function orderOf(owner: MapRowOwner): number {
  return owner.kind === 'process' ? owner.pid : owner.kind === 'user' ? owner.uid : -1;
}
