import { isMainThread, Worker } from 'node:worker_threads';
import { callStackBelow } from '../../call-stack.ts';
import { nowNs } from '../../clock.ts';
import { hasInspector } from '../../has-inspector.ts';
import { type WatchOrder, WatchPhase, WatchState, watchMainThread } from './watch-main-thread.ts';

/** Key of the global function that the watcher evaluates. Not enumerable, and there only while stalls are watched. */
const CAPTURE_KEY = 'ringtail.capture-stall';
/** Longest wait for the watcher to disconnect at the exit. It may lack a CPU for a while. */
const SETTLE_MS_MAX = 1000;
/** JavaScript answers sooner, unless the thread is in native code, such as a system call. */
const INTERRUPT_MS_MAX = 50;
const NS_PER_MS = 1_000_000;
/** Sizes of V8's heap for the few lines that the watcher runs. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, codeRangeSizeMb: 4, stackSizeMb: 1 };

/** Captured at load: programs replace properties of the global objects. */
const { compareExchange, load, store, wait } = Atomics;
const { nextTick } = process;

export interface CapturedStack {
  readonly atNs: number;
  /** Innermost first. */
  readonly frames: readonly string[];
  /** Whether the stack was taken after a native call, which could not be interrupted. */
  readonly isAfterNative: boolean;
}

/** A thread that takes the stack of the main thread while the latter's event loop is blocked. */
export interface Watcher {
  /** Tells the watcher that the event loop turns. */
  beat(): void;
  /** The newest stack that was taken since the last call, if any. */
  take(): CapturedStack | undefined;
  /**
   * Waits until the watcher's connection is closed, and has the watcher open none any more. A connection that is open
   * when the program exits makes Node.js print a message.
   */
  settle(): void;
  end(): void;
}

/** @returns undefined where no stacks can be taken: in worker threads, and without an inspector */
export function startWatcher(thresholdMs: number): Watcher | undefined {
  try {
    return isMainThread && hasInspector() ? new MainThreadWatcher(thresholdMs) : undefined;
  } catch {
    return undefined;
  }
}

class MainThreadWatcher implements Watcher {
  readonly #state = new Int32Array(new SharedArrayBuffer(4 * WatchState.LENGTH));
  readonly #worker: Worker;
  #captured: CapturedStack | undefined;

  constructor(thresholdMs: number) {
    this.beat();
    const order: WatchOrder = {
      state: this.#state,
      thresholdMs,
      expression: `globalThis[Symbol.for(${JSON.stringify(CAPTURE_KEY)})]?.()`,
      places: WatchState,
      phases: WatchPhase,
    };
    const start = "(require('node:worker_threads').workerData, require('node:inspector'))";
    this.#worker = withoutWorkerEvent(
      () =>
        new Worker(`(${watchMainThread})${start}`, {
          name: 'ringtail watcher',
          eval: true,
          workerData: order,
          // Neither the program's preloads nor its coverage: this is no thread of the program.
          execArgv: [],
          env: {},
          stdout: true,
          stderr: true,
          resourceLimits: LIMITS,
        }),
    );
    this.#worker.unref();
    // A watcher that fails leaves stalls without stacks.
    this.#worker.on('error', () => undefined);
    const value = () => this.#capture();
    Object.defineProperty(globalThis, Symbol.for(CAPTURE_KEY), { value, configurable: true });
  }

  beat(): void {
    store(this.#state, WatchState.BEAT, nowMs());
  }

  take(): CapturedStack | undefined {
    const captured = this.#captured;
    this.#captured = undefined;
    return captured;
  }

  settle(): void {
    const { QUIET, ENDED } = WatchPhase;
    for (let i = 0; i < SETTLE_MS_MAX; i++) {
      const phase = compareExchange(this.#state, WatchState.PHASE, QUIET, ENDED);
      if (phase === QUIET || phase === ENDED) return;
      wait(this.#state, WatchState.PHASE, phase, 1);
    }
  }

  end(): void {
    this.settle();
    Reflect.deleteProperty(globalThis, Symbol.for(CAPTURE_KEY));
    void this.#worker.terminate();
  }

  /**
   * Runs within the code that blocks the event loop, or from the event loop if that code has ended. That code may be an
   * `Atomics.wait`, and a wait within a wait corrupts V8's memory, so nothing in here waits.
   */
  #capture(): void {
    const atNs = nowNs();
    const latencyMs = (nowMs() - load(this.#state, WatchState.ASKED)) | 0;
    // The first two frames are the function that the watcher calls, and the watcher's expression.
    const frames = callStackBelow(this.#capture, 2);
    if (frames.length > 0) this.#captured = { atNs, frames, isAfterNative: latencyMs > INTERRUPT_MS_MAX };
  }
}

function nowMs(): number {
  return Math.floor(nowNs() / NS_PER_MS) | 0;
}

let isStarting = false;

/** Whether the thread that is made at present is a watcher, which the program has not started. */
export function isStartingWatcher(): boolean {
  return isStarting;
}

/** Makes a thread without the event `worker` of `process`, which Node.js emits from the queue of `nextTick`. */
function withoutWorkerEvent(make: () => Worker): Worker {
  let worker: Worker | undefined;
  let restore: (() => void) | undefined;
  nextTick(() => {
    if (process.listenerCount('worker') === 0) return;
    const own = Object.getOwnPropertyDescriptor(process, 'emit');
    const { emit } = process as unknown as { emit(...event: readonly unknown[]): boolean };
    const value = (...event: readonly unknown[]) =>
      event[0] === 'worker' && event[1] === worker ? false : Reflect.apply(emit, process, event);
    Object.defineProperty(process, 'emit', { value, configurable: true, writable: true });
    restore = () => {
      if (own === undefined) Reflect.deleteProperty(process, 'emit');
      else Object.defineProperty(process, 'emit', own);
    };
  });
  isStarting = true;
  try {
    worker = make();
  } finally {
    isStarting = false;
  }
  nextTick(() => restore?.());
  return worker;
}
