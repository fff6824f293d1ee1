import type { Timers } from '@ringtail/base';
import { FakeTimers } from '@ringtail/base/testing';
import { NO_STATISTICS } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../output/sync-or-async.ts';
import { SnapshotRun } from './snapshot-run.ts';

function* steps(count: number, log: number[]) {
  for (let i = 0; i < count; i++) {
    log.push(i);
    yield;
  }
  return NO_STATISTICS;
}

/** Timers by which every step takes a millisecond. */
function slowTimers(): Timers & { readonly fake: FakeTimers } {
  const fake = new FakeTimers();
  let spentMs = 0;
  return { fake, nowMs: () => spentMs++, after: (delayMs, run) => fake.after(delayMs, run) };
}

describe('SnapshotRun', () => {
  it('lets others run after a few milliseconds', async () => {
    const timers = slowTimers();
    const log: number[] = [];
    const run = new SnapshotRun(steps(10, log), timers);
    expect(log).toEqual([0, 1, 2, 3]);
    timers.fake.advance(0);
    expect(log).toHaveLength(10);
    expect(run.isDone).toBe(true);
    expect(await run.result).toBe(NO_STATISTICS);
    expect(timers.fake.pending).toBe(0);
  });

  it('is finished at once when it is asked to', async () => {
    const timers = slowTimers();
    const log: number[] = [];
    const run = new SnapshotRun(steps(100, log), timers);
    atOnce(run.finish());
    expect(log).toHaveLength(100);
    expect(await run.result).toBe(NO_STATISTICS);
    timers.fake.advance(100);
    expect(log).toHaveLength(100);
  });

  it('passes errors on, and runs every turn within the given function', async () => {
    let inside = 0;
    const failing = (function* () {
      expect(inside).toBe(1);
      yield;
      throw new Error('no');
    })();
    const run = new SnapshotRun(failing, new FakeTimers(), (turn) => {
      inside += 1;
      turn();
      inside -= 1;
    });
    await expect(run.result).rejects.toThrowError('no');
    expect(run.isDone).toBe(true);
  });
});
