import { type MapChannelAttributes, type MapRow, type MapRowOwner, mapValueBits } from '@ringtail/protocol';
import type { ApplicationProcess } from '../../model/application-process.ts';
import { textWeight } from '../../shares/memory-weight.ts';
import { PoolHolding } from '../../shares/pool-holding.ts';
import type { SharedPool } from '../../shares/shared-pool.ts';
import { additionsOf, counterAt, type StartedCounter } from '../counters/thread-counters.ts';

const INT32_MAX = 2 ** 31 - 1;

/** The counter of a key and an owner, except the counts of running threads. */
export interface Row {
  value: number;
}

/** A running thread's counter of a key. */
export interface RowCounter extends StartedCounter {
  /** Undefined: there is no room for the key. */
  readonly row: Row | undefined;
}

/** The rows of one owner. */
interface Table {
  readonly owner: MapRowOwner;
  /** The user whose share has the rows. */
  readonly uid: number;
  readonly rows: Map<string, Row>;
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
 * The values of a map.
 *
 * A key has a row for each owner of a counter. Keys and rows stay until the session is destroyed, even if the threads
 * end, and so do their places in the share of a user. This is the user whose thread announced the key, also in maps
 * of root's sessions: the session's owner cannot keep programs of others from making keys.
 */
export class CounterMap {
  readonly attributes: MapChannelAttributes;
  /** Of running threads. */
  readonly counters = new Set<RowCounter>();
  readonly #keys = new Set<string>();
  /** By user, or by process. */
  readonly #tables = new Map<number | ApplicationProcess, Table>();
  /** Counts of the daemon, and of ended processes. */
  readonly #shared: Table;
  readonly #onRefused: CounterMapOptions['onRefused'];
  readonly #holding: PoolHolding;

  constructor({ attributes, ownerUid, kept, onRefused }: CounterMapOptions) {
    this.attributes = attributes;
    this.#shared = { owner: { kind: 'shared' }, uid: ownerUid, rows: new Map() };
    this.#onRefused = onRefused;
    this.#holding = new PoolHolding(kept);
  }

  /** The row of a key for the threads of a user or process. @returns why there is no room */
  admit(uid: number, process: ApplicationProcess, key: string): Row | string {
    const isOfUser = this.attributes.ownership === 'user';
    const id = isOfUser ? uid : process;
    const table = this.#tables.get(id) ?? {
      owner: isOfUser ? { kind: 'user', uid } : processOwner(uid, process),
      uid,
      rows: new Map(),
    };
    const row = this.#rowIn(table, key);
    if (typeof row !== 'string') this.#tables.set(id, table);
    return row;
  }

  /** The share of the user has no room for a key of its thread. */
  refused(uid: number): void {
    this.#onRefused(uid);
  }

  /** Adds to the shared row of a key. @returns why there is no room */
  increment(key: string, count: number): string | undefined {
    const row = this.#rowIn(this.#shared, key);
    if (typeof row === 'string') return row;
    addTo(row, count);
    return undefined;
  }

  /** Its threads have ended. */
  processEnded(process: ApplicationProcess): void {
    const table = this.#tables.get(process);
    if (table === undefined) return;
    this.#tables.delete(process);
    const isDropped = this.attributes.deadProcesses === 'drop';
    for (const [key, row] of table.rows) {
      const shared = this.#shared.rows.get(key);
      // A row that becomes the shared one keeps its place.
      if (isDropped || shared !== undefined) this.#holding.giveBack(table.uid, rowWeight(key));
      if (isDropped) continue;
      if (shared === undefined) this.#shared.rows.set(key, row);
      else addTo(shared, row.value);
    }
  }

  /** The session is destroyed. */
  release(): void {
    this.#holding.giveBackAll();
    for (const each of [this.#keys, this.#tables, this.#shared.rows]) each.clear();
  }

  #rowIn({ uid, rows }: Table, key: string): Row | string {
    const known = rows.get(key);
    if (known !== undefined) return known;
    const isNew = !this.#keys.has(key);
    if (isNew && this.#keys.size >= this.attributes.keyCountMax) return 'the map is full';
    const refusal = this.#holding.take(uid, (isNew ? 2 : 1) * rowWeight(key));
    if (refusal !== undefined) {
      this.refused(uid);
      return refusal;
    }
    const row = { value: 0 };
    this.#keys.add(key);
    rows.set(key, row);
    return row;
  }

  /** Sets all values to zero. */
  clear(): void {
    for (const { rows } of [...this.#tables.values(), this.#shared]) for (const row of rows.values()) row.value = 0;
    for (const counter of this.counters) counter.start = counterAt(counter.thread, counter.index);
  }

  /** One row for each owner and key, in this order; shared rows come last. */
  rows(): MapRow[] {
    const live = new Map<Row | undefined, number>();
    for (const counter of this.counters) live.set(counter.row, (live.get(counter.row) ?? 0) + additionsOf(counter));
    const tables = [...this.#tables.values()].sort((a, b) => orderOf(a.owner) - orderOf(b.owner));
    return [...tables, this.#shared].flatMap((table) => this.#rowsOf(table, live));
  }

  #rowsOf({ owner, rows }: Table, live: ReadonlyMap<Row | undefined, number>): MapRow[] {
    const { name } = this.attributes;
    const isNarrow = mapValueBits(this.attributes, owner.kind) === 32;
    return [...rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, row]) => {
        const value = Math.min(row.value + (live.get(row) ?? 0), Number.MAX_SAFE_INTEGER);
        return { map: name, owner, key, value: isNarrow ? value | 0 : value, overflow: isNarrow && value > INT32_MAX };
      });
  }
}

/** The name of the program is read for each answer, since it may change. */
function processOwner(uid: number, process: ApplicationProcess): MapRowOwner {
  const { pid, procname } = process;
  return {
    kind: 'process',
    uid,
    pid,
    procname,
    get program() {
      return process.program;
    },
  };
}

/** Adds to the value of a row, which has an upper limit. */
export function addTo(row: Row, count: number): void {
  row.value = Math.min(row.value + count, Number.MAX_SAFE_INTEGER);
}

function rowWeight(key: string): number {
  return ROW_BYTES + textWeight(key);
}

function orderOf(owner: MapRowOwner): number {
  return owner.kind === 'process' ? owner.pid : owner.kind === 'user' ? owner.uid : -1;
}
