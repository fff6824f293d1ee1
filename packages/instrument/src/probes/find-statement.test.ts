import { describe, expect, it } from 'vitest';
import { findStatement, type StatementPlace } from './find-statement.ts';
import { hitCode } from './hit-code.ts';
import { lineCode } from './probe-code.ts';
import { inserted } from './script-edits.ts';

const SOURCE = `'use strict';
function f(a) {
  'use asm2';
  let b = a // note
  if (b > 1)
    b = 2
  else b = 3
  switch (b) {
    case 3:
      b++;
  }

  return b;
}
f(2);`;

const PROBE = { name: 'probe:p', file: 'f.js', line: 1, captures: [], expiresAtMs: 0 };

function insertedAt(line: number): string {
  const place = findStatement(SOURCE, line, false);
  if (typeof place === 'string') return place;
  return inserted(SOURCE, lineCode(PROBE, place, 'hit').insertion);
}

describe('a probe', () => {
  it.each([4, 5, 6, 8, 10, 13])('runs before the statement of line %d, and leaves all lines and results', (line) => {
    const text = insertedAt(line);
    const { length } = text.split('\n');
    expect(length).toBe(SOURCE.split('\n').length);
    for (const a of [1, 2]) {
      let hits = 0;
      const f = new Function('hit', `${text}\nreturn f;`)(() => hits++) as (a: number) => number;
      const before = hits;
      expect(f(a)).toBe(a === 2 ? 2 : 4);
      const expected = line === 6 ? a - 1 : line === 10 ? 2 - a : 1;
      expect(hits - before).toBe(expected);
    }
  });

  it('leaves the columns of its own line', () => {
    expect(insertedAt(5).split('\n')[4]).toBe(SOURCE.split('\n')[4]);
  });

  it('is refused where no statement begins, and where code has run already', () => {
    expect(insertedAt(12)).toBe('no statement begins on line 12; the next one begins on line 13');
    expect(insertedAt(3)).toBe('no statement begins on line 3; the next one begins on line 4');
    expect(insertedAt(15)).toBe('line 15 is outside of functions, so that it has run already');
    expect(insertedAt(99)).toBe('the file has 15 lines');
    expect(findStatement('a b', 1, false)).toBe('the file cannot be parsed');
  });

  it('reads values one by one where one of them cannot be read, and never throws', () => {
    const code = hitCode('__hit', [
      { name: 'a', expression: 'a' },
      { name: 'b', expression: 'b.c' },
    ]);
    const hits: unknown[][] = [];
    const hit = Object.assign((...values: unknown[]) => void hits.push(values), { unreadable: () => 'unreadable' });
    new Function('__hit', 'a', 'b', code)(hit, 1, { c: 2 });
    new Function('__hit', 'a', 'b', code)(hit, 1, undefined);
    new Function('a', 'b', code)(1, undefined);
    expect(hits).toEqual([
      [1, 2],
      [1, 'unreadable'],
    ]);
  });
});

it('variables of a place are those of its function and its blocks that have a value there', () => {
  const source = `const outside = 1;
function f(a, { b, c: [d] }, ...e) {
  const g = 1;
  for (const h of a) {
    if (h) { let hidden; }
    const i = 1;
    use(i);
    let after;
  }
  try { var j; } catch ({ k }) {
    use(k);
    const inner = (l) => {
      use(l);
    };
  }
  class M {}
  done();
}`;
  const variables = (line: number) => (findStatement(source, line, false) as StatementPlace).variables;
  expect(variables(7)).toEqual(['i', 'h', 'g', 'a', 'b', 'd', 'e', 'j']);
  expect(variables(11)).toEqual(['k', 'g', 'a', 'b', 'd', 'e', 'j']);
  expect(variables(13)).toEqual(['l']);
  expect(variables(17)).toEqual(['g', 'M', 'a', 'b', 'd', 'e', 'j']);
});
