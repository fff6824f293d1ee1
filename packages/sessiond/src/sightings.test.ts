import { describe, expect, it } from 'vitest';
import { TRACEPOINTS_SEEN_MAX } from './limits.ts';
import { type Sighting, Sightings } from './sightings.ts';
import { testShares } from './testing/shares.test.support.ts';
import { type TracepointList, TracepointLists } from './tracepoint-lists.ts';

const lists = new TracepointLists(testShares().kept);
const OWNER = { uid: 7, gid: 7 };
const THREADS = [7, 7, 7, 8].map((uid) => ({ uid }));

function thread(tid: number, ...names: readonly string[]): Sighting {
  const tracepoints = names.map((name) => ({ name, logLevel: 6, fields: [] }));
  return { thread: THREADS[tid] as Sighting['thread'], tracepoints: lists.acquire(0, tracepoints) as TracepointList };
}

describe('what a session has seen', () => {
  it('counts each thread once, however often it tells of its tracepoints, and each name once', () => {
    const sightings = new Sightings(OWNER);
    for (const seen of [thread(1), thread(1, 'a:x'), thread(1, 'a:x', 'a:y'), thread(2, 'a:x')]) sightings.add(seen);
    expect(sightings.describe()).toEqual({
      threads: 2,
      tracepoints: [
        { name: 'a:x', logLevel: 6 },
        { name: 'a:y', logLevel: 6 },
      ],
    });
  });

  it('is of its owner alone, unless that is root', () => {
    const [sightings, ofRoot] = [new Sightings(OWNER), new Sightings({ uid: 0, gid: 0 })];
    for (const each of [sightings, ofRoot]) each.add(thread(3, 'secret:x'));
    expect(sightings.describe()).toEqual({ threads: 0, tracepoints: [] });
    expect(ofRoot.describe()).toEqual({ threads: 1, tracepoints: [{ name: 'secret:x', logLevel: 6 }] });
  });

  it('is bounded, whatever applications say', () => {
    const sightings = new Sightings(OWNER);
    sightings.add(thread(0, ...Array.from({ length: TRACEPOINTS_SEEN_MAX + 1 }, (_, i) => `a:${i}`)));
    expect(sightings.describe().tracepoints).toHaveLength(TRACEPOINTS_SEEN_MAX);
  });
});
