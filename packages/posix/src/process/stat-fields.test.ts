import { expect, it } from 'vitest';
import { statFields } from './stat-fields.ts';

it('the fields of a process begin after its name, which may contain spaces and parentheses', () => {
  expect(statFields('7 (a) S (b)) R 1 2\n')).toEqual(['R', '1', '2']);
});
