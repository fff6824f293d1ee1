import { describe, expect, it } from 'vitest';
import { InclusionSet } from './inclusion-set.ts';

describe('InclusionSet', () => {
  it('has everything, until something is tracked: then that alone', () => {
    const set = new InclusionSet();
    expect([set.has(1), set.describe()]).toEqual([true, null]);
    set.untrack([1]);
    expect(set.has(1)).toBe(true);
    set.track([5, 2]);
    set.track([5, 10]);
    expect([set.has(1), set.has(5), set.describe()]).toEqual([false, true, [2, 5, 10]]);
    set.untrack([5, 99]);
    expect(set.describe()).toEqual([2, 10]);
  });

  it('has nothing once everything is untracked, and everything once everything is tracked', () => {
    const set = new InclusionSet();
    set.untrack(null);
    expect([set.has(0), set.describe()]).toEqual([false, []]);
    set.track([3]);
    expect(set.describe()).toEqual([3]);
    set.track(null);
    expect(set.describe()).toBeNull();
  });
});
