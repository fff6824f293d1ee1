import { expect, it } from 'vitest';
import { jsonWeight, textWeight } from './memory-weight.ts';

it('short texts of JSON that take much memory weigh it', () => {
  const nested = `[${Array(1000).fill('[]').join()}]`;
  expect(jsonWeight(JSON.parse(nested))).toBeGreaterThan(20 * nested.length);
  expect(jsonWeight({ a: 'x'.repeat(1000) })).toBeGreaterThan(1000);
});

it('texts beyond Latin-1 weigh two bytes a character', () => {
  expect(textWeight('ü'.repeat(1000))).toBeLessThan(1100);
  expect(textWeight('€'.repeat(1000))).toBeGreaterThan(2000);
});
