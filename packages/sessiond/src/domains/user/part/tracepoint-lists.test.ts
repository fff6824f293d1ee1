import { describe, expect, it } from 'vitest';
import { testPool } from '../../../testing/shares.test.support.ts';
import { type TracepointList, TracepointLists } from './tracepoint-lists.ts';

const tracepoint = (name: string) => ({ name, logLevel: 6, fields: [{ name: 'n' }] });

describe('TracepointLists', () => {
  it('keeps equal lists of a user once, as long as a thread has one', () => {
    const pool = testPool(10_000);
    const lists = new TracepointLists(pool);
    const list = lists.acquire(7, [tracepoint('a:x')]) as TracepointList;
    expect(lists.acquire(7, [tracepoint('a:x')])).toBe(list);
    expect(JSON.parse(list.json)).toEqual([tracepoint('a:x')]);
    expect(list.names).toEqual([{ name: 'a:x', logLevel: 6 }]);
    lists.release(list);
    expect(lists.acquire(7, [tracepoint('a:x')])).toBe(list);
    const ofOther = lists.acquire(8, [tracepoint('a:x')]) as TracepointList;
    expect(ofOther).not.toBe(list);
    for (const each of [list, list, list, ofOther]) lists.release(each);
    expect([lists.size, pool.used]).toEqual([0, 0]);
    expect(lists.acquire(7, [tracepoint('a:x')])).not.toBe(list);
  });

  it('takes no more than the share of the user has room for, and has room again', () => {
    const lists = new TracepointLists(testPool(10_000));
    const long = (letter: string) => [tracepoint(letter.repeat(1500))];
    const first = lists.acquire(7, long('a')) as TracepointList;
    expect(lists.acquire(7, long('b'))).toContain('the share of user 7 is used up');
    expect(lists.acquire(8, [tracepoint('b')])).toMatchObject({ names: [{ name: 'b' }] });
    lists.release(first);
    expect(lists.acquire(7, long('b'))).toMatchObject({ names: [{ logLevel: 6 }] });
  });
});
