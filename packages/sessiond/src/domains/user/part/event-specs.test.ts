import { describe, expect, it } from 'vitest';
import { testPool } from '../../../testing/shares.test.support.ts';
import { EventSpecs } from './event-specs.ts';

describe('EventSpecs', () => {
  it('keeps equal descriptions once, for the user who declared them first', () => {
    const pool = testPool(10_000);
    const specs = new EventSpecs(pool);
    const first = { name: 'a:x' };
    expect(specs.enter(1, new Map([['x', first]]))).toBeUndefined();
    const used = pool.used;
    expect(specs.enter(2, new Map([['x', { name: 'a:x' }]]))).toBeUndefined();
    expect(specs.get('x')).toBe(first);
    expect(pool.used).toBe(used);
    specs.release();
    expect(pool.used).toBe(0);
  });

  it('keeps all of what is entered together or nothing', () => {
    const pool = testPool(1000);
    const specs = new EventSpecs(pool);
    const many = new Map(['x', 'y', 'z'].map((text) => [text, { name: text.repeat(500) }]));
    expect(specs.enter(1, many)).toContain('the share of user 1 is used up');
    expect(pool.used).toBe(0);
    expect(specs.get('x')).toBeNull();
  });
});
