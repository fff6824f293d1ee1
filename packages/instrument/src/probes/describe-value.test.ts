import { expect, it } from 'vitest';
import { describeValue } from './describe-value.ts';

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
  expect([1.5, true, undefined, -0].map(describeValue)).toEqual(['1.5', 'true', 'undefined', '0']);
});
