import { describe, expect, it } from 'vitest';
import { excess, KEEP_ALL } from './retention.ts';

/** Completed one a second, of these sizes. */
const list = (...sizes: readonly number[]) => sizes.map((bytes, i) => ({ bytes, completedMs: i * 1000 }));
const removed = (limits: Partial<typeof KEEP_ALL>, sizes: readonly number[], nowMs = 0) =>
  excess(list(...sizes), { ...KEEP_ALL, ...limits }, nowMs).map(({ completedMs }) => completedMs / 1000);

describe('excess', () => {
  it('is the oldest part beyond each limit', () => {
    expect(removed({}, [1, 1, 1], 1e9)).toEqual([]);
    expect(removed({ count: 2 }, [1, 1, 1])).toEqual([0]);
    expect(removed({ bytes: 5 }, [3, 3, 2, 3])).toEqual([0, 1]);
    expect(removed({ bytes: 5 }, [3, 3, 2])).toEqual([0]);
    expect(removed({ ageSeconds: 2 }, [1, 1, 1, 1], 3001)).toEqual([0, 1]);
    expect(removed({ ageSeconds: 2, count: 1 }, [1, 1, 1], 0)).toEqual([0, 1]);
  });

  it('never contains the newest, however large or old it is', () => {
    expect(removed({ bytes: 1 }, [5])).toEqual([]);
    expect(removed({ ageSeconds: 1, bytes: 1, count: 1 }, [5, 5], 1e9)).toEqual([0]);
    expect(removed({ count: 1 }, [])).toEqual([]);
  });

  it('is empty by age where the clock is behind the completion', () => {
    expect(removed({ ageSeconds: 1 }, [1, 1, 1], -1e9)).toEqual([]);
  });
});
