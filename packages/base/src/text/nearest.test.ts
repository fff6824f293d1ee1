import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearestNames } from './nearest.ts';

describe('the distance of two texts', () => {
  it.each([
    ['', '', 0],
    ['two', 'two', 0],
    ['tow', 'two', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('of "%s" and "%s" is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is the same both ways, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance === 0).toBe(a === b);
      }),
    );
  });
});

describe('the nearest names', () => {
  it('come first, and what is too far away not at all', () => {
    expect(nearestNames('channel1', ['x', 'chanel1', 'channel0', 'channel1'])).toEqual([
      'channel1',
      'chanel1',
      'channel0',
    ]);
    expect(didYouMean('zzz', ['channel0'])).toBe('');
    expect(didYouMean('Chanel0', ['channel0'])).toBe('did you mean "channel0"? ');
  });
});
