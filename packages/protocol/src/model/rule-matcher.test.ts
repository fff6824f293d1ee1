import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from './pattern.ts';
import { ruleMatches } from './rule-matcher.ts';

/** The same by a regular expression. */
function matchesByRegExp(pattern: string, name: string): boolean {
  const source = pattern.replace(/\\\*|\*|[^*]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    return part === '\\*' ? '\\*' : part.replace(/[.+?^${}()|[\]\\]/, '\\$&');
  });
  return new RegExp(`^${source}$`).test(name);
}

describe('a pattern', () => {
  it.each([
    ['a:b', 'a:b', true],
    ['a:b', 'a:bc', false],
    ['a:*', 'a:', true],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['a*b*a', 'aa', false],
    ['*ab*ab', 'ab', false],
    ['a**b', 'ab', true],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['a\\b', 'a\\b', true],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, name, wanted) => {
    expect(matchesPattern(pattern, name)).toBe(wanted);
  });

  it('means what its stars say, wherever they stand', () => {
    const text = (...characters: string[]) =>
      fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text('a', 'b', '*', '\\', '.'), text('a', 'b', '*', '\\', '\n'), (pattern, name) => {
        expect(matchesPattern(pattern, name)).toBe(matchesByRegExp(pattern, name));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a rule', () => {
  it('takes what its pattern and its levels take, without what it excludes', () => {
    const rule = { pattern: 'a:*', exclude: ['a:x*', '*z'], logLevel: { from: 2, to: 4 } };
    const taken = ['a:b', 'a:xb', 'a:bz', 'b:b'].filter((name) => ruleMatches(rule, name, 2));
    expect(taken).toEqual(['a:b']);
    expect([1, 2, 4, 5].filter((level) => ruleMatches(rule, 'a:b', level))).toEqual([2, 4]);
  });
});
