import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { ProcessPlaces } from './trace-place.ts';

const SECOND = new Date(2026, 1, 3, 4, 5, 6);
const LATER = new Date(2026, 1, 3, 4, 5, 7);
const program = (since: Date, procname = 'node') => ({ procname, pid: 7, since });

it('a process that leaves and comes back within a second has another place, as often as it does so', () => {
  const places = new ProcessPlaces();
  const [first, second] = [places.take(program(SECOND)), places.take(program(SECOND))];
  expect([first, second]).toEqual(['ust/pid/node-7-20260203-040506', 'ust/pid/node-7-20260203-040506-2']);
  // A program chooses its name, so that many come between.
  for (let count = 0; count < 20_000; count++) places.take(program(SECOND, `other${count}`));
  expect(places.take(program(SECOND))).toBe(`${first}-3`);
});

it('a place has the second in which its process registered, so that it needs no number in the next', () => {
  const places = new ProcessPlaces();
  for (let count = 0; count < 3; count++) places.take(program(SECOND));
  expect(places.take(program(LATER))).toBe('ust/pid/node-7-20260203-040507');
});

it('a name that is no name of a file, or too long for one, is made one', () => {
  const place = new ProcessPlaces().take(program(SECOND, `../a b${'x'.repeat(300)}`));
  expect(place).toMatch(/^ust\/pid\/\.\._a_bx+-7-20260203-040506$/);
  expect(basename(place).length).toBeLessThan(255);
});
