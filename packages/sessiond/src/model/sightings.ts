import type { SessionSightings } from '@ringtail/protocol';
import { textWeight } from '../shares/memory-weight.ts';
import { PoolHolding } from '../shares/pool-holding.ts';
import type { SharedPool } from '../shares/shared-pool.ts';
import { TRACEPOINTS_SEEN_MAX } from './limits.ts';
import { isAbout, type Owner } from './owner.ts';
import type { TracepointList } from './tracepoint-lists.ts';

/** A thread as far as it is remembered. */
export interface Sighting {
  readonly thread: Pick<Owner, 'uid'>;
  readonly tracepoints: TracepointList;
}

/** Of a tracepoint, beside the characters of its name. */
const SEEN_BYTES = 96;

/**
 * What a session of this owner has seen of applications that it is about, so that one without events can be explained when
 * they have gone.
 */
export class Sightings {
  readonly #owner: Owner;
  /** Threads that are there still: of others their number is enough. */
  readonly #threads = new WeakSet<object>();
  #threadCount = 0;
  /** Lists that were taken already: those of the processes of one program are one. */
  readonly #lists = new WeakSet<TracepointList>();
  readonly #tracepoints = new Map<string, { readonly name: string; readonly logLevel: number }>();
  readonly #holding: PoolHolding;

  /**
   * @param owner of the session, for whom all of it counts: programs do not choose the sessions that see them
   * @param seen bytes of tracepoints that sessions have seen
   */
  constructor(owner: Owner, seen: SharedPool) {
    this.#owner = owner;
    this.#holding = new PoolHolding(seen);
  }

  /** Takes a thread that registers, or the same again when it has told of its tracepoints. */
  add({ thread, tracepoints }: Sighting): void {
    if (!isAbout(this.#owner, thread.uid)) return;
    if (!this.#threads.has(thread)) this.#threadCount++;
    this.#threads.add(thread);
    if (this.#lists.has(tracepoints)) return;
    this.#lists.add(tracepoints);
    for (const tracepoint of tracepoints.names) {
      if (this.#tracepoints.has(tracepoint.name)) continue;
      if (this.#tracepoints.size >= TRACEPOINTS_SEEN_MAX) return;
      if (this.#holding.take(this.#owner.uid, SEEN_BYTES + textWeight(tracepoint.name)) !== undefined) return;
      this.#tracepoints.set(tracepoint.name, tracepoint);
    }
  }

  /** The session has gone. */
  release(): void {
    this.#holding.giveBackAll();
    this.#tracepoints.clear();
  }

  describe(): SessionSightings {
    return { threads: this.#threadCount, tracepoints: [...this.#tracepoints.values()] };
  }
}
