import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesStarPattern } from './star-pattern.ts';

describe('a pattern with stars', () => {
  it('matches as a regular expression made of it does', () => {
    const literal = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
    const literals = fc.array(literal, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(literals, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, text) => {
        const wanted = new RegExp(`^${pattern.join('.*')}$`).test(text);
        expect(matchesStarPattern(pattern, text)).toBe(wanted);
      }),
      { numRuns: 2000 },
    );
  });
});
