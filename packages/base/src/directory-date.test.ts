import { expect, it } from 'vitest';
import { directoryDate } from './directory-date.ts';

it('date and time in names of directories are the ones of the wall clock, zero-padded', () => {
  expect(directoryDate(new Date(2026, 1, 3, 4, 5, 6))).toBe('20260203-040506');
});
