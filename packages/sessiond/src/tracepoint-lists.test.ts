import { describe, expect, it } from 'vitest';
import { TRACEPOINT_LISTS_LENGTH_MAX } from './limits.ts';
import { TracepointLists } from './tracepoint-lists.ts';

const tracepoint = (name: string) => ({ name, logLevel: 6, fields: [{ name: 'n' }] });

describe('TracepointLists', () => {
  it('keeps equal lists once, as long as somebody has one', () => {
    const lists = new TracepointLists();
    const list = lists.acquire([tracepoint('a:x')])!;
    expect(lists.acquire([tracepoint('a:x')])).toBe(list);
    expect(JSON.parse(list.json)).toEqual([tracepoint('a:x')]);
    expect(list.names).toEqual([{ name: 'a:x', logLevel: 6 }]);
    lists.release(list);
    expect(lists.acquire([tracepoint('a:x')])).toBe(list);
    lists.release(list);
    lists.release(list);
    expect(lists.acquire([tracepoint('a:x')])).not.toBe(list);
  });

  it('takes no more than it has room for, and has room again', () => {
    const lists = new TracepointLists();
    const long = (letter: string) => [tracepoint(letter.repeat(TRACEPOINT_LISTS_LENGTH_MAX / 2))];
    const first = lists.acquire(long('a'))!;
    expect(lists.acquire(long('b'))).toBeUndefined();
    lists.release(first);
    expect(lists.acquire(long('b'))).toBeDefined();
  });
});
