import { describe, expect, it } from 'vitest';
import { findFunctions } from './find-functions.ts';
import { functionCode } from './probe-code.ts';
import { inserted } from './script-edits.ts';

const SOURCE = `'use strict';
class Cart {
  #total = 0;
  field = (a) => { return a };
  add(item, { count = 1, ...rest } = {}, ...others) {
    'use asm2';
    if (item === 'bad') throw new TypeError('bad item')
    if (count > 1) return this.#sum(count)
    return function () {}
  }
  #sum(n) { return (this.#total += n, this.#total) }
  static create() { return new Cart }
  get total() { return this.#total; }
}
const double = n => n * 2, object = n => ({ n }), nested = { deep: { run() {}, 'a b': () => 1 } };
let later;
later = async () => { await null; throw new Error('late'); };
module.exports.exported = function named() { return [...arguments]; };
exports.default = class { method() { return 1 } };
function* numbers() { const got = yield 1; return got; }
const Other = class Inner extends (class Cart2 { add() {} }) { constructor(a) { super(); this.a = a } };
function add() {}
`;

interface Recorded {
  begun: unknown[];
  returned: unknown[];
  threw: unknown[];
}

function recordedOf(name: string, use: string): Recorded & { value: unknown } {
  const places = findFunctions(SOURCE, name, false);
  if (typeof places === 'string') throw new Error(places);
  const recorded: Recorded = { begun: [], returned: [], threw: [] };
  const hook = {
    begin: (values: object) => {
      recorded.begun.push({ ...values });
      return {
        set result(value: unknown) {
          recorded.returned.push(value);
        },
        set error(error: unknown) {
          recorded.threw.push(error);
        },
      };
    },
  };
  const insertions = places.map((place) => functionCode(place, '__hook').insertion);
  const text = inserted(SOURCE, ...insertions);
  expect(text.split('\n').length).toBe(SOURCE.split('\n').length);
  const run = new Function('module', 'exports', '__hook', 'globalThis', `${text}\nreturn ${use};`);
  const module = { exports: {} };
  return { ...recorded, value: run(module, module.exports, hook, { __hook: hook }) };
}

describe('a probe of a function', () => {
  it.each([
    [
      'Cart.prototype.add',
      'new Cart().add(1, { count: 3, x: 2 }, 5)',
      { item: 1, count: 3, rest: { x: 2 }, others: [5] },
      3,
    ],
    ['Cart.prototype.#sum', 'new Cart().add(1, { count: 3 })', { n: 3 }, 3],
    ['Cart.create', 'Cart.create().total', {}, expect.any(Object)],
    ['Cart.prototype.total', 'Cart.create().total', {}, 0],
    ['Cart.prototype.field', 'new Cart().field(2)', { a: 2 }, 2],
    ['double', 'double(4)', { n: 4 }, 8],
    ['object', 'object(4)', { n: 4 }, { n: 4 }],
    ['nested.deep.run', 'nested.deep.run()', {}, undefined],
    ['nested.deep.a b', "nested.deep['a b']()", {}, 1],
    ['exported', 'module.exports.exported(1, 2)', { 0: 1, 1: 2 }, [1, 2]],
    ['named', 'module.exports.exported(1)', { 0: 1 }, [1]],
    ['default.prototype.method', 'new exports.default().method()', {}, 1],
    ['numbers', '[...numbers()]', {}, undefined],
    ['Inner.prototype.constructor', 'new Other(3)', { a: 3 }, undefined],
    ['add', 'add()', {}, undefined],
  ])('has the arguments and the result of %s', (name, use, begun, result) => {
    const { value, ...recorded } = recordedOf(name, use);
    expect(recorded).toEqual({ begun: [begun], returned: [result], threw: [] });
    expect(value).toEqual(recordedOf('none', use).value);
  });

  it('has the error that a function throws, and throws it on', async () => {
    const error = new TypeError('bad item');
    expect(() => recordedOf('Cart.prototype.add', "new Cart().add('bad')")).toThrow(error);
    const { value, ...recorded } = recordedOf('later', 'later()');
    await expect(value).rejects.toThrow('late');
    expect(recorded).toEqual({ begun: [{}], returned: [], threw: [new Error('late')] });
  });

  it('leaves the name of a function without one that is returned', () => {
    expect(recordedOf('Cart.prototype.add', 'new Cart().add(1).name').value).toBe('');
  });

  it.each(['double', 'Cart.create'])('of another probe in the same function %s nests', (name) => {
    const place = findFunctions(SOURCE, name, false)[0] as never;
    const calls: string[] = [];
    const hookOf = (hook: string) => ({
      begin: () => {
        calls.push(`${hook} begins`);
        return {
          set result(_: unknown) {
            calls.push(`${hook} ends`);
          },
        };
      },
    });
    const text = inserted(SOURCE, functionCode(place, 'outer').insertion, functionCode(place, 'inner').insertion);
    const hooks = { outer: hookOf('outer'), inner: hookOf('inner') };
    const run = new Function(
      'module',
      'globalThis',
      'outer',
      'inner',
      `const exports = module.exports;${text}\n${name}(3);`,
    );
    run({ exports: {} }, hooks, hooks.outer, hooks.inner);
    expect(calls).toEqual(['outer begins', 'inner begins', 'inner ends', 'outer ends']);
  });

  it('runs on where the hook has gone', () => {
    const [place] = findFunctions(SOURCE, 'double', false) as never[];
    const text = inserted(SOURCE, functionCode(place as never, 'gone').insertion);
    expect(new Function('exports', 'module', `${text}\nreturn double(3);`)({}, { exports: {} })).toBe(6);
  });
});
