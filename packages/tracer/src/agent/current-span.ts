import { AsyncLocalStorage } from 'node:async_hooks';
import { threadId } from 'node:worker_threads';
import type { SpanNumbers } from '../recorder/span-functions.ts';

/**
 * Identifiers are integers of 31 bits, which the engine passes without garbage: 7 of the thread, 24 of a counter. The
 * packet of an event names its process.
 */
const THREADS = 1 << 7;
const NUMBERS = 1 << 24;

/** Captured at load: programs may replace them. */
const { apply } = Reflect;
const { run, getStore, disable } = AsyncLocalStorage.prototype;

/** The span in which the running code of a thread is, and the identifiers of its spans. */
export class CurrentSpan implements SpanNumbers {
  readonly #firstId = (threadId % THREADS) * NUMBERS;
  #last = 0;
  #users = 0;
  /** Made once it is needed: following asynchronous code costs time in programs with many promises. */
  #storage: AsyncLocalStorage<number> | undefined;

  next(): number {
    this.#last = this.#last === NUMBERS - 1 ? 1 : this.#last + 1;
    return this.#firstId + this.#last;
  }

  current(): number {
    return this.#storage === undefined ? 0 : ((apply(getStore, this.#storage, []) as number | undefined) ?? 0);
  }

  /** Counts the kinds of spans that are recorded and call `run`. Without any, asynchronous code is not followed. */
  use(isUsed: boolean): void {
    this.#users += isUsed ? 1 : -1;
    if (this.#users > 0 || this.#storage === undefined) return;
    apply(disable, this.#storage, []);
    this.#storage = undefined;
  }

  /** Calls a function as a part of a span, with all asynchronous code that it begins. */
  run(id: number, callback: () => unknown): unknown {
    this.#storage ??= new AsyncLocalStorage();
    return apply(run, this.#storage, [id, callback]);
  }
}
