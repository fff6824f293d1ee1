import type { MapChannelAttributes, MapRow } from '@ringtail/protocol';
import type { ApplicationProcess } from '../session.ts';

/** Whose a value is: of a process that is there, or of a user's processes that have ended. */
type Values = Map<string, number>;

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
  /** Of threads that have ended, of processes that go on. */
  readonly #ofProcesses = new Map<ApplicationProcess, { readonly uid: number; readonly values: Values }>();
  /** By user: of processes that have ended, and of what no process counts. */
  readonly #sums = new Map<number, Values>();

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

  /** Adds to a counter of a user's that is no process's. False if the map is full. */
  increment(uid: number, key: string, count: number): boolean {
    if (!this.hasRoomFor(key)) return false;
    addTo(valuesOf(this.#sums, uid), key, count);
    return true;
  }

  threadEnded({ uid, process, key, value }: LiveValue): void {
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
    const sums = valuesOf(this.#sums, entry.uid);
    for (const [key, value] of entry.values) addTo(sums, key, value);
  }

  clear(): void {
    this.#ofProcesses.clear();
    this.#sums.clear();
  }

  /** One row for each user, process and key, in this order; the sum of what has ended comes before the processes. */
  rows(live: Iterable<LiveValue>): MapRow[] {
    const byProcess = new Map<ApplicationProcess, { readonly uid: number; readonly values: Values }>();
    for (const [process, { uid, values }] of this.#ofProcesses)
      byProcess.set(process, { uid, values: new Map(values) });
    for (const { uid, process, key, value } of live) {
      const entry = byProcess.get(process) ?? { uid, values: new Map() };
      byProcess.set(process, entry);
      addTo(entry.values, key, value);
    }
    const rows = [...this.#sums].flatMap(([uid, values]) => this.#rowsOf(uid, null, values));
    for (const [{ pid }, { uid, values }] of byProcess) rows.push(...this.#rowsOf(uid, pid, values));
    return rows.sort(inOrder);
  }

  #rowsOf(uid: number, pid: number | null, values: Values): MapRow[] {
    const { name, valueBits } = this.attributes;
    return [...values].map(([key, value]) => ({
      map: name,
      uid,
      pid,
      key,
      value: valueBits === 32 ? value | 0 : value,
    }));
  }
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

function inOrder(a: MapRow, b: MapRow): number {
  return a.uid - b.uid || (a.pid ?? -1) - (b.pid ?? -1) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
