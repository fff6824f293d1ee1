import type { SessionSightings } from '@ringtail/protocol';
import { THREADS_SEEN_MAX, TRACEPOINTS_SEEN_MAX } from './limits.ts';
import type { TracepointList } from './tracepoint-lists.ts';

/** A thread as far as it is remembered. */
export interface Sighting {
  readonly pid: number;
  readonly tid: number;
  readonly tracepoints: TracepointList;
}

/** What a session has seen of applications, so that one without events can be explained when they have gone. */
export class Sightings {
  readonly #threads = new Set<string>();
  /** Lists that were taken already: those of the processes of one program are one. */
  readonly #lists = new WeakSet<TracepointList>();
  readonly #tracepoints = new Map<string, { readonly name: string; readonly logLevel: number }>();

  /** Takes a thread that registers, or the same again when it has told of its tracepoints. */
  add({ pid, tid, tracepoints }: Sighting): void {
    if (this.#threads.size < THREADS_SEEN_MAX) this.#threads.add(`${pid}/${tid}`);
    if (this.#lists.has(tracepoints)) return;
    this.#lists.add(tracepoints);
    for (const { name, logLevel } of tracepoints.names) {
      if (this.#tracepoints.size >= TRACEPOINTS_SEEN_MAX) return;
      this.#tracepoints.set(name, { name, logLevel });
    }
  }

  describe(): SessionSightings {
    return { threads: this.#threads.size, tracepoints: [...this.#tracepoints.values()] };
  }
}
