import { concernsUser, type Owner } from '../../../model/owner.ts';
import { TRACEPOINTS_SEEN_MAX } from '../../../shares/limits.ts';
import { textWeight } from '../../../shares/memory-weight.ts';
import { PoolHolding } from '../../../shares/pool-holding.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import type { ListedThread, NamedTracepoint, TracepointList } from './tracepoint-lists.ts';

/** Memory of a tracepoint besides the characters of its name. */
const SEEN_BYTES = 96;

/**
 * Threads and tracepoints that a session has seen, so that a session without events can be explained after the
 * applications have gone.
 */
export class SeenPrograms {
  readonly #owner: Owner;
  /** Threads that still exist: for others the number is enough. */
  readonly #threads = new WeakSet<object>();
  #threadCount = 0;
  /** Lists that were added already: processes of one program share one. */
  readonly #lists = new WeakSet<TracepointList>();
  readonly #tracepoints = new Map<string, NamedTracepoint>();
  readonly #holding: PoolHolding;

  /**
   * @param owner of the session, whose share pays for it: programs do not choose the sessions that see them
   * @param seen bytes of tracepoints that sessions have seen
   */
  constructor(owner: Owner, seen: SharedPool) {
    this.#owner = owner;
    this.#holding = new PoolHolding(seen);
  }

  /** Adds a thread at its registration, and again when its tracepoints are known. */
  add({ thread, tracepoints }: ListedThread): void {
    if (!concernsUser(this.#owner, thread.uid)) return;
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

  describe(): { readonly threads: number; readonly tracepoints: readonly NamedTracepoint[] } {
    return { threads: this.#threadCount, tracepoints: [...this.#tracepoints.values()] };
  }
}
