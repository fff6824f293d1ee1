import { AsyncLocalStorage } from 'node:async_hooks';
import { makeOwnResources } from '../own-resources.ts';

/** Emits events in the asynchronous context of a caller, such as its request. */
export type Scope = <Result>(emit: () => Result) => Result;
type Callback = (this: unknown, ...args: unknown[]) => unknown;

let current: Scope | undefined;

/**
 * A callback that a pool calls later, in the asynchronous context of another caller. The program's code in it keeps
 * that context, but calls in it have the scope of this caller.
 */
export function withCallerScope(callback: Callback): Callback {
  const scope = callerScope();
  return function (...args) {
    const outer = current;
    current = scope;
    try {
      return Reflect.apply(callback, this, args);
    } finally {
      current = outer;
    }
  };
}

/** The scope of the present call, also for events after it: a connection has the context of its first caller. */
export function callerScope(): Scope {
  return current ?? makeOwnResources(() => AsyncLocalStorage.snapshot());
}
