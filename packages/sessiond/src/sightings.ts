import type { SessionSightings } from '@ringtail/protocol';
import { TRACEPOINTS_SEEN_MAX } from './limits.ts';
import { isAbout, type Owner } from './session.ts';
import type { TracepointList } from './tracepoint-lists.ts';

/** A thread as far as it is remembered. */
export interface Sighting {
  readonly thread: Pick<Owner, 'uid'>;
  readonly tracepoints: TracepointList;
}

/** What a session of this owner has seen of applications that it is about, so that one without events can be explained when they have gone. */
export class Sightings {
  readonly #owner: Owner;
  /** Threads that are there still: of others their number is enough. */
  readonly #threads = new WeakSet<object>();
  #threadCount = 0;
  /** Lists that were taken already: those of the processes of one program are one. */
  readonly #lists = new WeakSet<TracepointList>();
  readonly #tracepoints = new Map<string, { readonly name: string; readonly logLevel: number }>();

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Takes a thread that registers, or the same again when it has told of its tracepoints. */
  add({ thread, tracepoints }: Sighting): void {
    if (!isAbout(this.#owner, thread.uid)) return;
    if (!this.#threads.has(thread)) this.#threadCount++;
    this.#threads.add(thread);
    if (this.#lists.has(tracepoints)) return;
    this.#lists.add(tracepoints);
    for (const tracepoint of tracepoints.names) {
      if (this.#tracepoints.size >= TRACEPOINTS_SEEN_MAX) return;
      this.#tracepoints.set(tracepoint.name, tracepoint);
    }
  }

  describe(): SessionSightings {
    return { threads: this.#threadCount, tracepoints: [...this.#tracepoints.values()] };
  }
}
