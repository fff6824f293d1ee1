/// <reference lib="es2024.sharedmemory" />
import type { Session } from 'node:inspector';

/** Shared by the main thread and its watcher: places in an `Int32Array`. Times are milliseconds modulo 2^32. */
export const WatchState = {
  /** Time of the last heartbeat. */
  BEAT: 0,
  /** A value of `WatchPhase`. */
  PHASE: 1,
  /** Time when the watcher asked for the stack. */
  ASKED: 2,
  LENGTH: 3,
} as const;

/**
 *   QUIET --watcher connects--> ASKED --main thread has answered, watcher disconnects--> QUIET
 *   QUIET --main thread exits--> ENDED
 */
export const WatchPhase = { QUIET: 0, ASKED: 1, ENDED: 2 } as const;

export interface WatchOrder {
  readonly state: Int32Array;
  readonly thresholdMs: number;
  /** JavaScript that makes the main thread capture its stack. */
  readonly expression: string;
  readonly places: typeof WatchState;
  readonly phases: typeof WatchPhase;
}

/**
 * Runs in the watcher's thread. When the main thread has had no heartbeat for the threshold, it has V8 interrupt the
 * main thread and evaluate an expression there, on top of the stack that blocks the event loop. It does so again
 * whenever the stall has become twice as long: the first stack may be of short work that preceded the long work.
 *
 * `Runtime.evaluate` needs no domain of the inspector to be enabled, so a debugger of the program notices nothing.
 * The thread starts from the text of this function. It can therefore use only its parameters and globals.
 */
export function watchMainThread(
  { state, thresholdMs, expression, places, phases }: WatchOrder,
  inspector: { readonly Session: new () => Session },
): void {
  let answeredBeat: number | undefined;
  /** Milliseconds from that beat at which the main thread is asked again. */
  let nextAskMs = 0;

  function now(): number {
    return Number(process.hrtime.bigint() / 1_000_000n) | 0;
  }

  function look(): void {
    const beat = Atomics.load(state, places.BEAT);
    const sinceBeatMs = (now() - beat) | 0;
    if (beat === answeredBeat && sinceBeatMs < nextAskMs) setTimeout(look, thresholdMs);
    else if (sinceBeatMs < thresholdMs) setTimeout(look, thresholdMs - sinceBeatMs);
    else {
      answeredBeat = beat;
      nextAskMs = 2 * sinceBeatMs;
      ask();
    }
  }

  /**
   * Connects until the main thread has answered: whether the expression had a value, threw an error, or was ended. The
   * main thread waits for that before it exits, since a connection must not be open then.
   */
  function ask(): void {
    Atomics.store(state, places.ASKED, now());
    if (Atomics.compareExchange(state, places.PHASE, phases.QUIET, phases.ASKED) === phases.ENDED) return;
    const session = new inspector.Session();
    session.connectToMainThread();
    session.post('Runtime.evaluate', { expression, silent: true }, () => {
      session.disconnect();
      Atomics.store(state, places.PHASE, phases.QUIET);
      Atomics.notify(state, places.PHASE);
      setTimeout(look, thresholdMs);
    });
  }

  // A session that waits for an answer does not keep the thread alive.
  setInterval(() => undefined, 1 << 30);
  look();
}
