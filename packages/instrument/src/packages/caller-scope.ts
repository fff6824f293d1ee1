import { AsyncLocalStorage } from 'node:async_hooks';
import { makeOwnResources } from '../own-resources.ts';

type Scope = <Result>(run: () => Result) => Result;
type Callback = (this: unknown, ...args: unknown[]) => unknown;

let current: Scope | undefined;

/**
 * A callback that a pool calls later, in the asynchronous context of another caller. The program's code in it keeps
 * that context, but events that are emitted with `inCallerScope` have the context of this caller, such as its request.
 */
export function withCallerScope(callback: Callback): Callback {
  const scope = makeOwnResources(() => AsyncLocalStorage.snapshot());
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

export function inCallerScope(emit: () => void): void {
  if (current === undefined) emit();
  else current(emit);
}
