import { nowNs } from './clock.ts';
import { codeOf } from './error-code.ts';
import { type Observer, observedCallback, type Target } from './wrap.ts';

/** How the program calls an operation. A synchronous operation blocks the event loop. */
export const FORMS = { sync: 0, callback: 1, promise: 2 };

/** A call of a function that has ended. */
export interface Operation {
  readonly name: string;
  readonly form: number;
  readonly self: unknown;
  readonly args: readonly unknown[];
  readonly startNs: number;
  readonly durationNs: number;
  /** Code of the error; empty if the call succeeded. */
  readonly error: string;
  /** What a failed call has thrown, or given its callback or its promise. */
  readonly reason: unknown;
  /** Result of a successful call: what it has returned, the value of its promise, or the first one of its callback. */
  readonly result: unknown;
}

/** A synchronous operation blocks the event loop, so it is slow from 1 ms on. */
const SLOW_SYNC_NS = 1e6;
const SLOW_NS = 100e6;

/** Whether an operation is worth an event of the level `info`. */
export function isSlow({ form, durationNs }: Operation): boolean {
  return durationNs >= (form === FORMS.sync ? SLOW_SYNC_NS : SLOW_NS);
}

type Finished = (operation: Operation) => void;

interface Call {
  readonly self: unknown;
  readonly args: readonly unknown[];
  readonly startNs: number;
  /** The callback reports the end. */
  readonly hasCallback: boolean;
}

/** An operation calls others of Node.js, such as readFileSync() openSync(). Only the outer one is reported. */
let isInside = false;

/**
 * The functions of a module that are operations, with their callback, a promise or synchronously.
 *
 * @param finished is called after each operation
 */
export function operations(holder: object, names: readonly string[], finished: Finished): Target[] {
  return names.map((name) => ({ holder, name, observer: observerOf(name, finished) }));
}

function observerOf(name: string, finished: Finished): Observer<Call> {
  const finish = (
    { self, args, startNs }: Call,
    form: number,
    hasFailed: boolean,
    reason: unknown,
    result: unknown,
  ) => {
    const durationNs = Math.max(0, nowNs() - startNs);
    const error = hasFailed ? codeOf(reason) : '';
    finished({ name, form, self, args, startNs, durationNs, error, reason, result });
  };
  return {
    before(self, args) {
      if (isInside) return undefined;
      const last = args.findLastIndex((argument) => typeof argument === 'function');
      const call = { self, args: [...args], startNs: nowNs(), hasCallback: last >= 0 };
      if (call.hasCallback)
        args[last] = observedCallback(args[last], (error, result) =>
          finish(call, FORMS.callback, error != null, error, result),
        );
      isInside = true;
      return call;
    },
    returned(call, result) {
      isInside = false;
      const isPending = call.hasCallback || result instanceof Promise;
      if (!isPending) finish(call, FORMS.sync, false, undefined, result);
    },
    threw(call, error) {
      isInside = false;
      finish(call, FORMS.sync, true, error, undefined);
    },
    settled(call, error, isFulfilled, value) {
      finish(call, FORMS.promise, !isFulfilled, error, value);
    },
  };
}
