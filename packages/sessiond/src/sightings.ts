import type { ApplicationDescription, SessionSightings } from '@ringtail/protocol';
import { THREADS_SEEN_MAX, TRACEPOINTS_SEEN_MAX } from './limits.ts';

/** What a session has seen of applications, so that one without events can be explained when they have gone. */
export class Sightings {
  readonly #threads = new Set<string>();
  readonly #tracepoints = new Map<string, { readonly name: string; readonly logLevel: number }>();

  /** Takes a thread that registers, or the same again when it has told of its tracepoints. */
  add({ pid, tid, tracepoints }: ApplicationDescription): void {
    if (this.#threads.size < THREADS_SEEN_MAX) this.#threads.add(`${pid}/${tid}`);
    for (const { name, logLevel } of tracepoints) {
      if (this.#tracepoints.size >= TRACEPOINTS_SEEN_MAX) return;
      this.#tracepoints.set(name, { name, logLevel });
    }
  }

  describe(): SessionSightings {
    return { threads: this.#threads.size, tracepoints: [...this.#tracepoints.values()] };
  }
}
