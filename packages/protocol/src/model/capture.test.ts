import { describe, expect, it } from 'vitest';
import { parseCaptures } from './capture.ts';

describe('captures', () => {
  it('are expressions that only read, with names of their own or of their words', () => {
    expect(parseCaptures("user.id, n = items.length, a?.[0]['x'] ?? -1, (this.n + 1) % 2 === 0")).toEqual([
      { name: 'user_id', expression: 'user.id' },
      { name: 'n', expression: 'items.length' },
      { name: 'a_0_x_1', expression: "a?.[0]['x'] ?? -1" },
      { name: 'this_n_1_2_0', expression: '(this.n + 1) % 2 === 0' },
    ]);
  });

  it.each([
    'a()',
    'a = 1, b = c = 2',
    'a++',
    '--a',
    'new A',
    'delete a.b',
    'await a',
    '`a`',
    'a => b',
    'a /* */',
    'a // b',
    'a); b(',
    'a;b',
    '{}',
    '[a]',
    'a ?? b || c',
    "'a\\'",
    'a.#b',
    'a, ',
    '',
    'function',
    'a\\u0062',
    '1a',
  ])('that could do more are refused: %s', (list) => {
    expect(() => parseCaptures(list)).toThrow(/refused/);
  });

  it('never read secrets', () => {
    for (const list of ['user.password', 'authToken', "headers['Authorization']"]) {
      expect(() => parseCaptures(list)).toThrow(/never recorded/);
    }
  });

  it('have different names, of which none is the field that all probes have', () => {
    expect(() => parseCaptures('a = b, a = c')).toThrow('two captures are called a');
    expect(() => parseCaptures('skipped = b')).toThrow('is called skipped');
    expect(parseCaptures('a.b, a["b"]').map(({ name }) => name)).toEqual(['a_b', 'a_b_1']);
  });
});
