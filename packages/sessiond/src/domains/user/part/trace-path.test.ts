import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { ProcessTracePaths } from './trace-path.ts';

const SECOND = new Date(2026, 1, 3, 4, 5, 6);
const LATER = new Date(2026, 1, 3, 4, 5, 7);
const program = (since: Date, procname = 'node') => ({ procname, pid: 7, since });

it('a process that leaves and comes back within a second has another path, as often as it does so', () => {
  const tracePaths = new ProcessTracePaths();
  const [first, second] = [tracePaths.take(program(SECOND)), tracePaths.take(program(SECOND))];
  expect([first, second]).toEqual(['ust/pid/node-7-20260203-040506', 'ust/pid/node-7-20260203-040506-2']);
  // A program chooses its name, so that many come between.
  for (let count = 0; count < 20_000; count++) tracePaths.take(program(SECOND, `other${count}`));
  expect(tracePaths.take(program(SECOND))).toBe(`${first}-3`);
});

it('a path has the second in which its process registered, so that it needs no number in the next', () => {
  const tracePaths = new ProcessTracePaths();
  for (let count = 0; count < 3; count++) tracePaths.take(program(SECOND));
  expect(tracePaths.take(program(LATER))).toBe('ust/pid/node-7-20260203-040507');
});

it('a name that is no name of a file, or too long for one, is made one', () => {
  const path = new ProcessTracePaths().take(program(SECOND, `../a b${'x'.repeat(300)}`));
  expect(path).toMatch(/^ust\/pid\/\.\._a_bx+-7-20260203-040506$/);
  expect(basename(path).length).toBeLessThan(255);
});
