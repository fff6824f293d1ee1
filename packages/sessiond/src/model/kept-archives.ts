import { excess, KEEP_ALL, type Retention } from '@ringtail/protocol';

/** An archive or a snapshot of a session, complete. */
export interface KeptArchive {
  /** Of its directory. */
  readonly path: string;
  /** Time of a clock that never goes back: a changed system time makes no archive older. */
  readonly completedMs: number;
  /** Null until it is measured. */
  bytes: number | null;
}

/** Where the snapshots of an output are, and the beginning of their names. */
export interface SnapshotPlace {
  readonly path: string;
  readonly name: string;
}

/** Archives, or snapshots of one output, that the session has made, and the limits within which they are kept. */
export class KeptArchives {
  #limits: Retention;
  #oldestFirst: readonly KeptArchive[] = [];
  /** Place of snapshots of earlier sessions that are not in the list yet; undefined: there is none. */
  unsearched: SnapshotPlace | undefined;

  /** @param place of snapshots. The archives of a session are all its own, since its output was empty */
  constructor(limits: Retention = KEEP_ALL, place?: SnapshotPlace) {
    this.#limits = limits;
    this.unsearched = place;
  }

  get limits(): Retention {
    return this.#limits;
  }

  /** Changes some of the limits. @returns all of them */
  limit(change: Partial<Retention>): Retention {
    this.#limits = { ...this.#limits, ...change };
    return this.#limits;
  }

  get isLimited(): boolean {
    return Object.values(this.#limits).some((limit) => limit !== null);
  }

  get oldestFirst(): readonly KeptArchive[] {
    return this.#oldestFirst;
  }

  /** Archives whose sizes the limits need. */
  get unmeasured(): readonly KeptArchive[] {
    return this.#limits.bytes === null ? [] : this.#oldestFirst.filter(({ bytes }) => bytes === null);
  }

  add(archive: KeptArchive): void {
    this.#oldestFirst = [...this.#oldestFirst, archive];
  }

  /** Adds archives of earlier sessions, which are older than all others. */
  addEarlier(oldestFirst: readonly KeptArchive[]): void {
    const known = new Set(this.#oldestFirst.map(({ path }) => path));
    this.#oldestFirst = [...oldestFirst.filter(({ path }) => !known.has(path)), ...this.#oldestFirst];
  }

  delete(archive: KeptArchive): void {
    this.#oldestFirst = this.#oldestFirst.filter((one) => one !== archive);
  }

  /** The archives to remove, the oldest first. The newest is never one of them. */
  beyond(nowMs: number): KeptArchive[] {
    const measured = this.#oldestFirst.map((archive) => ({ ...archive, archive, bytes: archive.bytes ?? 0 }));
    return excess(measured, this.#limits, nowMs).map(({ archive }) => archive);
  }
}
