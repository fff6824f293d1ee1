import { describe, expect, it } from 'vitest';
import { type PoolOptions, SharedPool } from './shared-pool.ts';

const OF_ROOT: PoolOptions = {
  of: 'places',
  total: 110,
  rootReserve: 10,
  daemonUid: 0,
  userBehind: (uid) => (uid >= 100_000 ? 1000 : uid),
  remedy: 'end some',
};

/** How much a user can take in single units. */
function takeAll(pool: SharedPool, uid: number): number {
  let count = 0;
  while (pool.take(uid, 1) === undefined) count++;
  return count;
}

describe('a pool of a daemon of root', () => {
  it('gives each user half of what the others leave, so that the next one finds something', () => {
    const pool = new SharedPool(OF_ROOT);
    expect([1001, 1002, 1003, 1004].map((uid) => takeAll(pool, uid))).toEqual([50, 25, 13, 6]);
  });

  it('keeps the reserve for root, who may have everything', () => {
    const pool = new SharedPool(OF_ROOT);
    for (let uid = 1; uid < 60; uid++) takeAll(pool, uid);
    expect(takeAll(pool, 0)).toBe(10);
    expect(takeAll(new SharedPool(OF_ROOT), 0)).toBe(110);
  });

  it('takes the use of root from the reserve first', () => {
    const pool = new SharedPool(OF_ROOT);
    for (let count = 0; count < 10; count++) pool.take(0, 1);
    expect(takeAll(pool, 1001)).toBe(50);
    const other = new SharedPool(OF_ROOT);
    other.take(0, 30);
    expect(takeAll(other, 1001)).toBe(40);
  });

  it('gives one share to all numbers of one user', () => {
    const pool = new SharedPool(OF_ROOT);
    expect(takeAll(pool, 100_000) + takeAll(pool, 100_001) + takeAll(pool, 1000)).toBe(50);
    expect(pool.take(100_001, 1)).toContain('the share of user 1000, who is behind user 100001, is used up');
  });

  it('gives again what was given back', () => {
    const pool = new SharedPool(OF_ROOT);
    takeAll(pool, 1001);
    pool.give(1001, 20);
    expect(takeAll(pool, 1001)).toBe(20);
    pool.give(1001, 50);
    expect(pool.used).toBe(0);
  });

  it('names the user, the use, the bound and what to do', () => {
    const pool = new SharedPool(OF_ROOT);
    takeAll(pool, 1001);
    expect(pool.take(1001, 1)).toBe(
      'the share of user 1001 is used up: 50 of 110 places; a user may have half of what others leave: end some',
    );
    expect(pool.take(1001, 7)).toContain('50 of 110 places, and 7 more are too many;');
  });
});

describe('a pool of a daemon that is not of root', () => {
  it('gives its user all but the reserve of root', () => {
    const pool = new SharedPool({ ...OF_ROOT, daemonUid: 1001 });
    expect(takeAll(pool, 1001)).toBe(100);
    expect(pool.take(1001, 1)).toBe('there are 100 places already, and 10 of 110 are reserved for root: end some');
    expect(takeAll(pool, 0)).toBe(10);
    expect(pool.take(0, 1)).toBe('there are 110 places already: end some');
  });
});
