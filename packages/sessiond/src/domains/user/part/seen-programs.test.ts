import { describe, expect, it } from 'vitest';
import { TRACEPOINTS_SEEN_MAX } from '../../../shares/limits.ts';
import { testShares } from '../../../testing/shares.test.support.ts';
import { SeenPrograms } from './seen-programs.ts';
import { type ListedThread, type TracepointList, TracepointLists } from './tracepoint-lists.ts';

const lists = new TracepointLists(testShares().kept);
const OWNER = { uid: 7, gid: 7 };
const THREADS = [7, 7, 7, 8].map((uid) => ({ uid }));

function thread(tid: number, ...names: readonly string[]): ListedThread {
  const tracepoints = names.map((name) => ({ name, logLevel: 6, fields: [] }));
  return {
    thread: THREADS[tid] as ListedThread['thread'],
    tracepoints: lists.acquire(0, tracepoints) as TracepointList,
  };
}

describe('what a session has seen', () => {
  it('counts each thread once, however often it tells of its tracepoints, and each name once', () => {
    const programs = new SeenPrograms(OWNER, testShares().seen);
    for (const listed of [thread(1), thread(1, 'a:x'), thread(1, 'a:x', 'a:y'), thread(2, 'a:x')]) programs.add(listed);
    expect(programs.describe()).toEqual({
      threads: 2,
      tracepoints: [
        { name: 'a:x', logLevel: 6 },
        { name: 'a:y', logLevel: 6 },
      ],
    });
  });

  it('is of its owner alone, unless that is root', () => {
    const [programs, ofRoot] = [OWNER, { uid: 0, gid: 0 }].map(
      (owner) => new SeenPrograms(owner, testShares().seen),
    ) as [SeenPrograms, SeenPrograms];
    for (const each of [programs, ofRoot]) each.add(thread(3, 'secret:x'));
    expect(programs.describe()).toEqual({ threads: 0, tracepoints: [] });
    expect(ofRoot.describe()).toEqual({ threads: 1, tracepoints: [{ name: 'secret:x', logLevel: 6 }] });
  });

  it('is bounded, whatever applications say', () => {
    const programs = new SeenPrograms(OWNER, testShares().seen);
    programs.add(thread(0, ...Array.from({ length: TRACEPOINTS_SEEN_MAX + 1 }, (_, i) => `a:${i}`)));
    expect(programs.describe().tracepoints).toHaveLength(TRACEPOINTS_SEEN_MAX);
  });

  it('counts for the owner of the session until it has gone, and takes no more than a share', () => {
    const { seen } = testShares(0);
    const all = Array.from({ length: 50 }, () => new SeenPrograms(OWNER, seen));
    const names = Array.from({ length: TRACEPOINTS_SEEN_MAX }, (_, i) => `a:${i}`.padEnd(256, 'x'));
    const listed = thread(0, ...names);
    for (const each of all) each.add(listed);
    const sizes = all.map((each) => each.describe().tracepoints.length);
    expect([sizes[0], sizes.at(-1)]).toEqual([TRACEPOINTS_SEEN_MAX, 0]);
    expect(seen.used).toBeLessThanOrEqual(4 * 2 ** 20);
    const ofOther = new SeenPrograms({ uid: 8, gid: 8 }, seen);
    ofOther.add(thread(3, ...names));
    expect(ofOther.describe().tracepoints).toHaveLength(TRACEPOINTS_SEEN_MAX);
    for (const each of [...all, ofOther]) each.release();
    expect(seen.used).toBe(0);
  });
});
