import { type MapChannelAttributes, type MapRow, type MapRowOwner, mapValueBits } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../model/application-process.ts';
import { textWeight } from '../../shares/memory-weight.ts';
import { PoolHolding } from '../../shares/pool-holding.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';

/** Counters of one owner, by key. */
type Values = Map<string, number>;

const INT32_MAX = 2 ** 31 - 1;

/** A value that a running thread counts. */
export interface LiveValue {
  readonly uid: number;
  readonly process: ApplicationProcess;
  readonly key: string;
  readonly value: number;
}

/** Memory of a key in a table, beside its characters. */
const ROW_BYTES = 64;

export interface CounterMapOptions {
  readonly attributes: MapChannelAttributes;
  /** User of the session. The keys that only the daemon counts belong to this user. */
  readonly ownerUid: number;
  /** Bytes kept for applications. */
  readonly kept: SharedPool;
  /** Called for each key that is not counted because the share of that user has no room. */
  readonly onRefused: (uid: number) => void;
}

/**
 * The values of a map, except the counters of running threads.
 *
 * A key has a row for each owner of a counter. Keys and rows stay until the session is destroyed, even if the threads
 * end, and so do their places in the share of a user. This is the user whose thread announced the key, also in maps
 * of root's sessions: the session's owner cannot keep programs of others from making keys.
 */
export class CounterMap {
  readonly attributes: MapChannelAttributes;
  readonly #keys = new Set<string>();
  /** Of ended threads in running processes, for maps of processes. */
  readonly #ofProcesses = new Map<ApplicationProcess, { readonly uid: number; readonly values: Values }>();
  /** Of ended threads, for maps of users. */
  readonly #ofUsers = new Map<number, Values>();
  /** Counts of the daemon, and of ended processes. */
  readonly #shared: Values = new Map();
  readonly #options: CounterMapOptions;
  readonly #holding: PoolHolding;

  constructor(options: CounterMapOptions) {
    this.attributes = options.attributes;
    this.#options = options;
    this.#holding = new PoolHolding(options.kept);
  }

  /** Makes the row of a key for the threads of a user or process. @returns why there is no room */
  admit(uid: number, process: ApplicationProcess, key: string): string | undefined {
    const known = this.#valuesOf(uid, process);
    const values = known ?? new Map<string, number>();
    const refusal = this.#enter(uid, key, values);
    if (refusal !== undefined || known !== undefined) return refusal;
    if (this.attributes.ownership === 'user') this.#ofUsers.set(uid, values);
    else this.#ofProcesses.set(process, { uid, values });
    return undefined;
  }

  /** The share of the user has no room for a key of its thread. */
  refused(uid: number): void {
    this.#options.onRefused(uid);
  }

  /** Adds to the shared row of a key. @returns why there is no room */
  increment(key: string, count: number): string | undefined {
    const refusal = this.#enter(this.#options.ownerUid, key, this.#shared);
    if (refusal === undefined) addTo(this.#shared, key, count);
    return refusal;
  }

  threadEnded({ uid, process, key, value }: LiveValue): void {
    const values = this.#valuesOf(uid, process);
    if (values?.has(key)) addTo(values, key, value);
  }

  processEnded(process: ApplicationProcess): void {
    const entry = this.#ofProcesses.get(process);
    if (entry === undefined) return;
    this.#ofProcesses.delete(process);
    const { uid, values } = entry;
    const isDropped = this.attributes.deadProcesses === 'drop';
    for (const [key, value] of values) {
      // A row that becomes the shared one keeps its place.
      if (isDropped || this.#shared.has(key)) this.#holding.giveBack(uid, rowWeight(key));
      if (!isDropped) addTo(this.#shared, key, value);
    }
  }

  /** The session is destroyed. */
  release(): void {
    this.#holding.giveBackAll();
    for (const table of [this.#keys, this.#ofUsers, this.#ofProcesses, this.#shared]) table.clear();
  }

  #valuesOf(uid: number, process: ApplicationProcess): Values | undefined {
    return this.attributes.ownership === 'user' ? this.#ofUsers.get(uid) : this.#ofProcesses.get(process)?.values;
  }

  #enter(uid: number, key: string, values: Values): string | undefined {
    if (values.has(key)) return undefined;
    const isNew = !this.#keys.has(key);
    if (isNew && this.#keys.size >= this.attributes.keyCountMax) return 'the map is full';
    const refusal = this.#holding.take(uid, (isNew ? 2 : 1) * rowWeight(key));
    if (refusal !== undefined) {
      this.refused(uid);
      return refusal;
    }
    this.#keys.add(key);
    values.set(key, 0);
    return undefined;
  }

  /** Sets all values to zero. */
  clear(): void {
    const all = [
      this.#shared,
      ...this.#ofUsers.values(),
      ...[...this.#ofProcesses.values()].map(({ values }) => values),
    ];
    for (const values of all) for (const key of values.keys()) values.set(key, 0);
  }

  /** One row for each owner and key, in this order; shared rows come last. */
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

function rowWeight(key: string): number {
  return ROW_BYTES + textWeight(key);
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
