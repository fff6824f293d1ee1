import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Observer, observeAll, observedCallback } from './wrap.ts';

/** A module with functions of all kinds. */
function fakeModule() {
  function add(this: unknown, a: number, b: number): unknown[] {
    return [this, a + b];
  }
  (add as unknown as Record<symbol, unknown>)[promisify.custom] = async () => 'promisified';
  class Box {
    readonly value: number;
    constructor(value: number) {
      this.value = value;
    }
  }
  return {
    add,
    fail(): never {
      throw new TypeError('no');
    },
    async later(value: number): Promise<number> {
      if (value < 0) throw new RangeError('negative');
      return value;
    },
    Box,
  };
}

/** Writes what happens to a log. */
function logging(log: unknown[][]): Observer<unknown[]> {
  return {
    before: (_, args) => [...args],
    returned: (args, result) => void log.push(['returned', args, result]),
    threw: (args, error) => void log.push(['threw', args, error]),
    settled: (args, error, isFulfilled, value) => void log.push(['settled', args, error, isFulfilled, value]),
  };
}

const breaking: Observer<unknown> = {
  before() {
    throw new Error('of the observer');
  },
};

describe('an observed function', () => {
  it('looks and works like the function itself', () => {
    const module = fakeModule();
    const { add, Box } = module;
    const end = observeAll([
      { holder: module, name: 'add', observer: logging([]) },
      { holder: module, name: 'Box', observer: logging([]) },
    ]);
    expect(module.add).not.toBe(add);
    expect([module.add.name, module.add.length, String(module.add)]).toEqual(['add', 2, String(add)]);
    expect(module.add.toString()).toBe(add.toString());
    expect(Reflect.ownKeys(module.add)).toEqual(Reflect.ownKeys(add));
    expect(promisify(module.add)).toBe(promisify(add));
    expect(Object.getPrototypeOf(module.add)).toBe(Function.prototype);
    expect(module.add.call('self', 1, 2)).toEqual(add.call('self', 1, 2));
    expect(new module.Box(3)).toBeInstanceOf(Box);
    class Crate extends module.Box {}
    expect([new Crate(4).value, new Crate(4).constructor, Crate.name]).toEqual([4, Crate, 'Crate']);
    end();
    expect([module.add, module.Box]).toEqual([add, Box]);
    expect(Object.getOwnPropertyDescriptor(module, 'add')).toMatchObject({ enumerable: true, writable: true });
  });

  it('reports its results and errors', async () => {
    const module = fakeModule();
    const log: unknown[][] = [];
    const observer = logging(log);
    observeAll(['add', 'fail', 'later'].map((name) => ({ holder: module, name, observer })));
    const sum = module.add(1, 2);
    expect(() => module.fail()).toThrow(TypeError);
    await module.later(5);
    await expect(module.later(-5)).rejects.toThrow(RangeError);
    expect(log).toEqual([
      ['returned', [1, 2], sum],
      ['threw', [], new TypeError('no')],
      ['returned', [5], expect.any(Promise)],
      ['settled', [5], undefined, true, 5],
      ['returned', [-5], expect.any(Promise)],
      ['settled', [-5], new RangeError('negative'), false, undefined],
    ]);
  });

  it('throws its errors with the stack that they have without observer, to the last frame', () => {
    function fail(depth: number): never {
      if (depth > 0) fail(depth - 1);
      throw new TypeError('no');
    }
    const module = { fail };
    const framesOf = (depth: number, depthBelow: number): string[] => {
      if (depth > 0) return framesOf(depth - 1, depthBelow);
      try {
        return module.fail(depthBelow);
      } catch (error) {
        return String((error as Error).stack)
          .replace(/(wrap\.test\.ts):\d+:\d+/g, '$1')
          .split('\n');
      }
    };
    const limit = Error.stackTraceLimit;
    try {
      for (Error.stackTraceLimit of [0, 1, 3, 10, 100]) {
        for (const depthBelow of [0, 1, 2, 9, 10]) {
          const expected = framesOf(4, depthBelow);
          const end = observeAll([{ holder: module, name: 'fail', observer: logging([]) }]);
          expect(framesOf(4, depthBelow)).toEqual(expected);
          end();
        }
      }
    } finally {
      Error.stackTraceLimit = limit;
    }
  });

  it('rejects its promise unhandled if nothing handles it', async () => {
    const module = fakeModule();
    observeAll([{ holder: module, name: 'later', observer: logging([]) }]);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    try {
      const isOurs = new Promise((resolve) =>
        process.once('unhandledRejection', (_, unhandled) => resolve(unhandled === promise)),
      );
      const promise = module.later(-1);
      expect(await isOurs).toBe(true);
      await expect(promise).rejects.toThrow(RangeError);
    } finally {
      for (const listener of others) process.on('unhandledRejection', listener);
    }
  });

  it('works on if its observer fails, without calling it again', () => {
    const module = fakeModule();
    let calls = 0;
    const observer: Observer<unknown> = {
      before: (...values) => {
        calls++;
        return breaking.before(...values);
      },
    };
    observeAll([{ holder: module, name: 'add', observer }]);
    expect([module.add(1, 2), module.add(3, 4)]).toEqual([
      [module, 3],
      [module, 7],
    ]);
    expect(calls).toBe(1);
  });

  it('stays silent below a wrapper of the program', () => {
    const module = fakeModule();
    const log: unknown[][] = [];
    const end = observeAll([{ holder: module, name: 'add', observer: logging(log) }]);
    const ours = module.add;
    const theirs = (a: number, b: number) => ours.call('theirs', a, b);
    module.add = theirs;
    end();
    expect(module.add).toBe(theirs);
    expect(module.add(1, 2)).toEqual(['theirs', 3]);
    expect(log).toEqual([]);
  });

  it('gives all functions back if one of a module cannot be replaced', () => {
    const module = fakeModule();
    const { add } = module;
    const refusing = new Proxy(fakeModule(), { defineProperty: () => false });
    const observer = logging([]);
    const targets = [module, refusing].map((holder) => ({ holder, name: 'add', observer }));
    expect(() => observeAll(targets)).toThrow(TypeError);
    expect(module.add).toBe(add);
  });

  it('is one function in all objects that have it, but where it is frozen', () => {
    const module = fakeModule();
    const { add } = module;
    const [same, frozen, other] = [{ add }, Object.freeze({ add }), { add: () => 0 }];
    const theirs = other.add;
    const alsoIn = [same, frozen, other];
    const end = observeAll([
      { holder: module, alsoIn, name: 'add', observer: logging([]) },
      { holder: frozen, name: 'add', observer: logging([]) },
    ]);
    expect(module.add).not.toBe(add);
    expect([same.add, frozen.add, other.add]).toEqual([module.add, add, theirs]);
    end();
    expect([module.add, same.add]).toEqual([add, add]);
  });

  it('is left out where a version of Node.js lacks it', () => {
    const end = observeAll([{ holder: {}, name: 'missing', observer: breaking }]);
    expect(end).not.toThrow();
  });

  it('is seen by named imports', async () => {
    const path = await import('node:path');
    const { default: holder, basename } = path;
    const log: unknown[][] = [];
    const end = observeAll([{ holder, name: 'basename', observer: logging(log) }]);
    expect(path.basename('/a/b')).toBe('b');
    end();
    expect(path.basename).toBe(basename);
    expect(log).toEqual([['returned', ['/a/b'], 'b']]);
  });
});

describe('an observed callback', () => {
  it('is called with the same values, also if its observer fails', () => {
    const log: unknown[] = [];
    function callback(this: unknown, ...values: unknown[]) {
      log.push(this, values);
      return 'result';
    }
    const observed = observedCallback(callback, (...values) => {
      log.push(values);
      throw new Error('of the observer');
    }) as typeof callback;
    expect(observed.call('self', null, 1)).toBe('result');
    expect(log).toEqual([[null, 1], 'self', [null, 1]]);
  });
});
