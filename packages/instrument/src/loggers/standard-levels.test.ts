import { expect, it } from 'vitest';
import { standardLevel } from './standard-levels.ts';

it('a level of a package is its own one, and one in between the next less severe', () => {
  const levels = [1, 10, 20, 30, 35, 40, 50, 60, 99].map((level) => standardLevel(level, 20, 10));
  expect(levels).toEqual(['trace', 'trace', 'debug', 'info', 'info', 'warn', 'error', 'fatal', 'fatal']);
});
