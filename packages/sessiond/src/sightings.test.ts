import { describe, expect, it } from 'vitest';
import { TRACEPOINTS_SEEN_MAX } from './limits.ts';
import { type Sighting, Sightings } from './sightings.ts';
import { testShares } from './testing/shares.test.support.ts';
import { type TracepointList, TracepointLists } from './tracepoint-lists.ts';

const lists = new TracepointLists(testShares().kept);
const THREADS = [{}, {}, {}];

function thread(tid: number, ...names: readonly string[]): Sighting {
  const tracepoints = names.map((name) => ({ name, logLevel: 6, fields: [] }));
  return { thread: THREADS[tid] as object, tracepoints: lists.acquire(0, tracepoints) as TracepointList };
}

describe('what a session has seen', () => {
  it('counts each thread once, however often it tells of its tracepoints, and each name once', () => {
    const sightings = new Sightings();
    for (const seen of [thread(1), thread(1, 'a:x'), thread(1, 'a:x', 'a:y'), thread(2, 'a:x')]) sightings.add(seen);
    expect(sightings.describe()).toEqual({
      threads: 2,
      tracepoints: [
        { name: 'a:x', logLevel: 6 },
        { name: 'a:y', logLevel: 6 },
      ],
    });
  });

  it('is bounded, whatever applications say', () => {
    const sightings = new Sightings();
    sightings.add(thread(0, ...Array.from({ length: TRACEPOINTS_SEEN_MAX + 1 }, (_, i) => `a:${i}`)));
    expect(sightings.describe().tracepoints).toHaveLength(TRACEPOINTS_SEEN_MAX);
  });
});
