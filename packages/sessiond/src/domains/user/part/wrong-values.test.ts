import { describe, expect, it } from 'vitest';
import { WRONG_FIELDS_MAX, WRONG_FIELDS_PER_USER_MAX } from '../../../shares/limits.ts';
import { WrongValues } from './wrong-values.ts';

const field = (name: string, first = 'a string') => ({ event: 'shop:order', field: name, fieldType: 'u32', first });

describe('wrong values of a session', () => {
  it('are added up for each field, over threads that run and threads that have ended', () => {
    const values = new WrongValues();
    const counts = [1, 2, 4];
    const ends = counts.map((_, i) => values.follow(1, field('id', `the ${i}. value`), () => counts[i] as number));
    expect(values.list()).toEqual([{ ...field('id', 'the 0. value'), count: 7 }]);
    ends[1]?.(3);
    ends[1]?.(100);
    counts[0] = 11;
    expect(values.list()).toMatchObject([{ count: 18 }]);
  });

  it('are bounded: beyond the limits of a user and of the session, the counts of fields are added up', () => {
    const values = new WrongValues();
    for (let i = 0; i < WRONG_FIELDS_MAX; i++) values.follow(1, field(`a${i}`), () => 2);
    for (let i = 0; i < WRONG_FIELDS_MAX; i++) values.follow(2, field(`b${i}`), () => 1);
    values.follow(3, field('c'), () => 1);
    const list = values.list();
    const others = WRONG_FIELDS_MAX - WRONG_FIELDS_PER_USER_MAX;
    expect(list).toHaveLength(WRONG_FIELDS_MAX + 1);
    expect(list.find(({ event }) => event === '*')?.count).toBe(2 * others + others + 1);
    values.follow(1, field('b0'), () => 5);
    expect(values.list().find((one) => one.field === 'b0')?.count).toBe(6);
  });

  it('begin at zero when the session is cleared, and stay counts whatever a thread writes', () => {
    const values = new WrongValues();
    let count = 5;
    const end = values.follow(1, field('id'), () => count);
    values.clear();
    expect(values.list()).toEqual([]);
    count = 8;
    expect(values.list()).toMatchObject([{ count: 3 }]);
    count = 2;
    expect(values.list()).toEqual([]);
    end(Number.MAX_SAFE_INTEGER);
    values.follow(1, field('id'), () => Number.MAX_SAFE_INTEGER);
    expect(values.list()).toMatchObject([{ count: Number.MAX_SAFE_INTEGER - 5 }]);
  });
});
