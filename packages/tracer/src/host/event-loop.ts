/**
 * How the tracer gets a turn of the program's event loop. None of these keeps the program alive, and whatever goes wrong in
 * such a turn ends the tracer, never the program.
 */
import { queueMicrotask, setImmediate, setTimeout } from '@ringtail/base/node';

let tellFailure: (error: unknown) => void = () => {};

/** Names the function that is told what was thrown in the tracer's turns. */
export function onFailure(tell: (error: unknown) => void): void {
  tellFailure = tell;
}

/** The same function, for an event loop that must not see it throw. */
export function guarded(act: () => void): () => void {
  return () => {
    try {
      act();
    } catch (error) {
      tellFailure(error);
    }
  };
}

export function later(delayMs: number, act: () => void): void {
  setTimeout(guarded(act), delayMs).unref();
}

/** At the end of the current turn, also in a program that ends with it. No resource that a program could notice. */
export function soon(act: () => void): void {
  queueMicrotask(guarded(act));
}

export function inNextTurn(act: () => void): void {
  setImmediate(guarded(act));
}
