/**
 * The tracer's turns of the program's event loop. None of them keeps the program alive, and an error in such a turn
 * ends the tracer, never the program.
 */
import { queueMicrotask, setImmediate, setTimeout } from '@ringtail/base/node';

let reportFailure: (error: unknown) => void = () => {};

/** Names the function that gets the errors of the tracer's turns. */
export function onFailure(report: (error: unknown) => void): void {
  reportFailure = report;
}

/** The same function, except that its errors are reported instead of thrown into the event loop. */
export function guarded(act: () => void): () => void {
  return () => {
    try {
      act();
    } catch (error) {
      reportFailure(error);
    }
  };
}

export function later(delayMs: number, act: () => void): void {
  setTimeout(guarded(act), delayMs).unref();
}

/**
 * Acts at the end of the current turn, also in a program that ends with this turn. Makes no resource that a program
 * could notice.
 */
export function soon(act: () => void): void {
  queueMicrotask(guarded(act));
}

export function inNextTurn(act: () => void): void {
  setImmediate(guarded(act));
}
