import { syncBuiltinESMExports } from 'node:module';
import { isPromise } from 'node:util/types';

type AnyFunction = (...args: unknown[]) => unknown;

/** Observes the calls of a function. Its errors never reach the caller: the first one ends the observation. */
export interface Observer<Call> {
  /**
   * Runs before the function. May replace a callback in `args`.
   *
   * @returns a value for the other methods; undefined if they have no interest in this call
   */
  before(self: unknown, args: unknown[]): Call | undefined;
  /** Runs after the function has returned. */
  returned?(call: Call, result: unknown): void;
  /** Runs after the function has thrown. */
  threw?(call: Call, error: unknown): void;
  /** Runs when the promise that the function has returned is settled. */
  settled?(call: Call, error: unknown, isFulfilled: boolean, value: unknown): void;
}

/** A method of a module or of a class, and the observer of its calls. */
export interface Target {
  readonly holder: object;
  /** Other objects that have the same function by the same name. */
  readonly alsoIn?: readonly object[];
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each observer has its own kind of call
  readonly observer: Observer<any>;
}

const { apply, get, getOwnPropertyDescriptor } = Reflect;
const { defineProperty } = Object;
const { then } = Promise.prototype;
const ErrorConstructor = Error;

/**
 * Observes functions, also where ES modules import them by name. Functions that this version of Node.js lacks, or that
 * the program has frozen, are left out.
 *
 * @returns a function that ends the observation and gives the functions back. If the program has wrapped one of ours
 *   since then, ours stays and only calls the function.
 */
export function observeAll(targets: readonly Target[]): () => void {
  const ends: (() => void)[] = [];
  const end = () => {
    for (const endOne of ends) endOne();
    syncBuiltinESMExports();
  };
  try {
    for (const target of targets) {
      const endOne = observeOne(target);
      if (endOne !== undefined) ends.push(endOne);
    }
    syncBuiltinESMExports();
  } catch (error) {
    end();
    throw error;
  }
  return end;
}

function observeOne({ holder, alsoIn = [], name, observer }: Target): (() => void) | undefined {
  const original = replaceable(holder, name)?.value;
  if (typeof original !== 'function') return undefined;
  const { proxy, end } = observed(original as AnyFunction, observer);
  const replace = (former: unknown, next: unknown) => {
    for (const object of [holder, ...alsoIn]) {
      const property = replaceable(object, name);
      if (property?.value === former) defineProperty(object, name, { ...property, value: next });
    }
  };
  replace(original, proxy);
  return () => {
    end();
    replace(proxy, original);
  };
}

/** A property that is not frozen. */
function replaceable(object: object, name: string): PropertyDescriptor | undefined {
  const property = getOwnPropertyDescriptor(object, name);
  return property?.writable || property?.configurable ? property : undefined;
}

/** A callback that first calls `observe` with its arguments. Its own errors, `this` and result stay as they are. */
export function observedCallback(callback: unknown, observe: (...results: unknown[]) => void): unknown {
  return function (this: unknown, ...results: unknown[]): unknown {
    try {
      apply(observe, undefined, results);
    } catch {
      // The program's callback follows in any case.
    }
    return apply(callback as AnyFunction, this, results);
  };
}

/**
 * A proxy of a function. Its name, length, properties, prototype and text are those of the function, and instances are
 * made by it. Without an observer, no code of ours runs in a call.
 */
function observed<Call>(original: AnyFunction, observer: Observer<Call>) {
  let textFunction: unknown;
  const handler: ProxyHandler<AnyFunction> = {
    get(target, key) {
      const value = get(target, key);
      // The function of this name refuses proxies, or describes them as native code.
      if (key !== 'toString' || value !== Function.prototype.toString) return value;
      textFunction ??= value.bind(target);
      return textFunction;
    },
  };
  const guarded = (observe: () => void) => {
    try {
      observe();
    } catch {
      delete handler.apply;
    }
  };

  const call: ProxyHandler<AnyFunction>['apply'] = (target, self, args) => {
    let call: Call | undefined;
    guarded(() => {
      call = observer.before(self, args);
    });
    const limit = raiseStackTraceLimit();
    let result: unknown;
    try {
      result = apply(target, self, args);
    } catch (error) {
      restoreStackTraceLimit(limit);
      if (call !== undefined) guarded(() => observer.threw?.(call as Call, error));
      hideOurFrames(error, limit);
      // Above the stack of an uncaught error, Node.js prints the line that throws it, unless the line has this text.
      throw unchanged(error, 'node-do-not-add-exception-line');
    }
    restoreStackTraceLimit(limit);
    if (call === undefined) return result;
    guarded(() => observer.returned?.(call as Call, result));
    if (observer.settled === undefined || !isPromise(result)) return result;
    // A promise beside the program's own would make rejections appear handled, and hide frames of asynchronous calls.
    return apply(then, result, [
      (value: unknown) => {
        guarded(() => observer.settled?.(call as Call, undefined, true, value));
        return value;
      },
      (error: unknown) => {
        guarded(() => observer.settled?.(call as Call, error, false, undefined));
        hideOurFrames(error, limit);
        throw error;
      },
    ]);
  };
  handler.apply = call;
  return { proxy: new Proxy(original, handler), end: () => void delete handler.apply };
}

function unchanged(error: unknown, _: string): unknown {
  return error;
}

/** Lets errors within the call have the program's number of frames, beside ours. */
function raiseStackTraceLimit(): number {
  const limit = ErrorConstructor.stackTraceLimit;
  if (typeof limit !== 'number' || limit < 1) return 0;
  return setStackTraceLimit(limit + 1) ? limit : 0;
}

/** @param limit what raiseStackTraceLimit() has returned */
function restoreStackTraceLimit(limit: number): void {
  if (limit > 0 && ErrorConstructor.stackTraceLimit === limit + 1) setStackTraceLimit(limit);
}

/** @returns false if the program has frozen the limit */
function setStackTraceLimit(limit: number): boolean {
  try {
    ErrorConstructor.stackTraceLimit = limit;
    return true;
  } catch {
    return false;
  }
}

/**
 * Removes the lines of this file from the stack of an error that passes through it, and the further frame of a stack
 * that ends before it reaches this file.
 *
 * @param limit the number of frames that the program's stacks have; 0 if there is no such limit
 */
export function hideOurFrames(error: unknown, limit: number): void {
  try {
    const { stack } = error as { stack?: unknown };
    if (typeof stack !== 'string') return;
    const lines = stack.split('\n').filter((line) => !line.includes(OUR_FILE));
    const framesFrom = lines.findLastIndex((line) => !FRAME.test(line)) + 1;
    if (limit > 0 && lines.length - framesFrom === limit + 1) lines.pop();
    const kept = lines.join('\n');
    if (kept !== stack) (error as { stack: string }).stack = kept;
  } catch {
    // The program gets the error as it is.
  }
}

/** A line of a stack. */
const FRAME = /^ {4}at /;

/** The file that stacks name in frames of this code: of the bundle, or of this module. */
const OUR_FILE = /(?:file:\/\/)?(\/.*?):\d+:\d+\)?$/m.exec(String(new Error('location').stack))?.[1] ?? 'unknown file';
