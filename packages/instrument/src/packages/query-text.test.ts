import { describe, expect, it } from 'vitest';
import { queryText } from './query-text.ts';

const postgresql = (query: string) => queryText(query, 'postgresql');
const mysql = (query: string) => queryText(query, 'mysql');

describe('the text of a query', () => {
  it('has no values of PostgreSQL', () => {
    const cases: readonly (readonly [query: string, text: string])[] = [
      [
        "SELECT * FROM users WHERE name = 'it''s secret' AND age > 18.5e3",
        'SELECT * FROM users WHERE name = ? AND age > ?',
      ],
      ['SELECT "a 1", t1.c2 FROM t1 WHERE id = $1', 'SELECT "a 1", t1.c2 FROM t1 WHERE id = $1'],
      [String.raw`SELECT E'it\'s secret', x'ff', U&'\0061'`, 'SELECT ?, ?, ?'],
      [String.raw`SELECT 'C:\', 'secret'`, 'SELECT ?, ?'],
      ['DO $body$ secret $$ secret $body$', 'DO ?'],
      ['SELECT $$secret$$, 0xFF, .5, 1_000', 'SELECT ?, ?, ?, ?'],
      ["SELECT 'secret without an end", 'SELECT ?'],
      [String.raw`SELECT E'secret\ `.trim(), 'SELECT ?'],
      ['SELECT 1 -- secret\n  /* secret */ FROM\tt', 'SELECT ? FROM t'],
      ['SELECT /* secret without an end', 'SELECT'],
      ["ALTER USER u PASSWORD 'secret'", 'ALTER USER u PASSWORD ?'],
      ['SELECT "name', 'SELECT "name'],
    ];
    expect(cases.map(([query]) => postgresql(query))).toEqual(cases.map(([, text]) => text));
  });

  it('has no values of MySQL', () => {
    const cases: readonly (readonly [query: string, text: string])[] = [
      [
        String.raw`SELECT "it\"s secret", 'it\'s secret', \`a 1\` FROM t WHERE a=-3`.replaceAll('\\`', '`'),
        'SELECT ?, ?, `a 1` FROM t WHERE a=-?',
      ],
      ["SELECT _utf8mb4'secret', N'secret' # secret", 'SELECT ?, ? ?'],
      ['SELECT "secret without an end', 'SELECT ?'],
    ];
    expect(cases.map(([query]) => mysql(query))).toEqual(cases.map(([, text]) => text));
  });

  it('is the same for lists of any length', () => {
    expect(postgresql('SELECT 1 FROM t WHERE id IN (1, 2,3)')).toBe('SELECT ? FROM t WHERE id IN (?, …)');
    expect(postgresql('SELECT a FROM t WHERE id IN ($1,$2)')).toBe('SELECT a FROM t WHERE id IN (?, …)');
    expect(postgresql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")).toBe('INSERT INTO t VALUES (?, …), …');
  });

  it('is bounded, also without an end of a long value', () => {
    expect(postgresql(`SELECT '${'secret'.repeat(100_000)}`)).toBe('SELECT ?');
    expect(postgresql(`SELECT ${'a, '.repeat(100_000)}`)).toHaveLength(1000);
    expect(postgresql(`SELECT ${"'a".repeat(100_000)}`).length).toBeLessThanOrEqual(1000);
  });
});
