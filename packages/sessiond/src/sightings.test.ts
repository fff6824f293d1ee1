import { describe, expect, it } from 'vitest';
import { THREADS_SEEN_MAX, TRACEPOINTS_SEEN_MAX } from './limits.ts';
import { type Sighting, Sightings } from './sightings.ts';
import { TracepointLists } from './tracepoint-lists.ts';

const lists = new TracepointLists();

function thread(tid: number, ...names: readonly string[]): Sighting {
  const tracepoints = names.map((name) => ({ name, logLevel: 6, fields: [] }));
  return { pid: 1, tid, tracepoints: lists.acquire(tracepoints)! };
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
    for (let tid = 0; tid <= THREADS_SEEN_MAX; tid++) sightings.add(thread(tid));
    sightings.add(thread(0, ...Array.from({ length: TRACEPOINTS_SEEN_MAX + 1 }, (_, i) => `a:${i}`)));
    const { threads, tracepoints } = sightings.describe();
    expect([threads, tracepoints.length]).toEqual([THREADS_SEEN_MAX, TRACEPOINTS_SEEN_MAX]);
  });
});
