import { expect, it } from 'vitest';
import { describeValue, describeVariables } from './describe-value.ts';

it('a value becomes a bounded text, and no code of the program runs', () => {
  const fail = () => {
    throw new Error('ran');
  };
  const hostile = {
    get x() {
      return fail();
    },
    toString: fail,
    token: 'secret',
    deep: { a: { b: { c: 1 } } },
  };
  expect(describeValue(hostile)).toBe(
    '{ x: <getter>, toString: <function>, token: <left out>, deep: { a: { b: {…} } } }',
  );
  expect(describeValue(new Proxy({}, { get: fail, ownKeys: fail, getOwnPropertyDescriptor: fail }))).toBe('<proxy>');
  expect(describeValue([1, 'a', null])).toBe('[1, "a", null]');
  expect(describeValue('x'.repeat(1e6)).length).toBeLessThan(300);
  expect(describeValue(Array.from({ length: 1e5 }, () => 'x'.repeat(1000))).length).toBeLessThan(1100);
  expect(describeValue(10n ** 1000n)).toBe('<bigint>');
  expect([1.5, true, undefined, -0].map((value) => describeValue(value))).toEqual(['1.5', 'true', 'undefined', '0']);
});

it('a value is described to a depth and a length, and variables each to this depth', () => {
  const value = { a: { b: { c: 1 } }, text: 'x'.repeat(100) };
  expect(describeValue(value, { depth: 0, length: 100 })).toBe('{…}');
  expect(describeValue(value, { depth: 1, length: 20 })).toBe('{ a: {…}, text: "xxx…');
  expect(describeVariables({ value, n: 1, password: 'x' }, { depth: 1, length: 100 })).toMatch(
    /^\{ value: \{ a: \{…\}, text: "x+/,
  );
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`v${index}`, index]));
  expect(describeVariables({ ...many, password: 'x' })).toMatch(/v39: 39, password: <left out> \}$/);
  expect(describeValue(Promise.resolve())).toBe('<promise>');
});
