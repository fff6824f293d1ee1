import { FakeTimers } from '@ringtail/base/testing';
import type { ChannelUse } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { QUIET_LOG } from '../../testing/quiet-log.test.support.ts';
import { watchedTrigger } from '../../testing/watched-trigger.test.support.ts';
import { ChannelUsage, type MonitoredChannel } from './channel-buffer-usage.ts';

const use = (channel: number, usedBytes: number, highestBytes = usedBytes): ChannelUse => {
  return { channel, usedBytes, highestBytes, ringBytes: 1000 };
};

const owner = { uid: 1, gid: 1 };

function makeUsage() {
  const clock = new FakeTimers();
  const world = {
    channel: { owner, keys: [1, 2], monitorTimerUs: 100_000 } as MonitoredChannel | undefined,
    uses: [] as readonly ChannelUse[],
    fails: false,
  };
  const sampled: (readonly number[])[] = [];
  const usage = new ChannelUsage({
    channelOf: () => world.channel,
    useOf: async ({ keys }) => {
      sampled.push(keys);
      if (world.fails) throw new Error('there is no consumer');
      return world.uses;
    },
    timers: clock,
    log: QUIET_LOG,
  });
  const occurred: unknown[] = [];
  const start = (comparison: 'at-least' | 'at-most', threshold: { ratio: number } | { bytes: number }) => {
    const condition = { kind: 'channel-buffer-usage', session: 's', channel: 'c', comparison, threshold } as const;
    return usage.start(watchedTrigger(condition, 7), (_count, _captures, details) => occurred.push(details));
  };
  /** Lets a sample be taken with these uses. */
  const sample = async (...uses: readonly ChannelUse[]) => {
    world.uses = uses;
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, world, sampled, occurred, start, sample };
}

describe('ChannelUsage', () => {
  it('holds when the fullest ring of all traces reaches the threshold, also between two samples', async () => {
    const { sampled, occurred, start, sample } = makeUsage();
    start('at-least', { ratio: 0.75 });
    await sample(use(1, 100), use(2, 749));
    expect([sampled, occurred]).toEqual([[[1, 2]], []]);
    await sample(use(1, 100), use(2, 10, 750));
    await sample(use(1, 900), use(2, 10));
    expect(occurred).toEqual([{ usedBytes: 750, ringBytes: 1000 }]);
    await sample(use(1, 0), use(2, 10));
    await sample(use(1, 900), use(2, 10));
    expect(occurred).toHaveLength(2);
  });

  it('holds when the fullest ring falls to the threshold', async () => {
    const { occurred, start, sample } = makeUsage();
    start('at-most', { bytes: 300 });
    await sample(use(1, 100), use(2, 301));
    expect(occurred).toEqual([]);
    await sample(use(1, 100), use(2, 300, 1000));
    await sample(use(1, 0), use(2, 0));
    expect(occurred).toEqual([{ usedBytes: 300, ringBytes: 1000 }]);
  });

  it('samples once for all triggers of a channel, and never without a trigger', async () => {
    const { clock, sampled, occurred, start, sample } = makeUsage();
    const stops = [
      start('at-least', { ratio: 0.1 }),
      start('at-least', { ratio: 0.5 }),
      start('at-most', { ratio: 1 }),
    ];
    await sample(use(1, 500));
    expect([sampled.length, occurred.length, clock.pending]).toEqual([1, 3, 1]);
    for (const stop of stops) stop();
    expect(clock.pending).toBe(0);
    start('at-least', { ratio: 0.1 })();
    expect(clock.pending).toBe(0);
  });

  it('waits for a channel that does not exist yet, or has no traces, and samples nothing meanwhile', async () => {
    const { clock, world, sampled, occurred, start, sample } = makeUsage();
    const channel = world.channel;
    for (const absent of [
      undefined,
      { owner, keys: [], monitorTimerUs: 100_000 },
      { owner, keys: [1], monitorTimerUs: 0 },
    ]) {
      world.channel = absent;
      const stop = start('at-most', { ratio: 1 });
      await sample(use(1, 0));
      clock.advance(5000);
      expect([sampled, occurred]).toEqual([[], []]);
      stop();
    }
    world.channel = undefined;
    start('at-most', { ratio: 1 });
    world.channel = channel;
    clock.advance(1000);
    await sample(use(1, 0));
    expect(occurred).toHaveLength(1);
  });

  it('begins again when the rings have gone, and goes on after a missing answer', async () => {
    const { world, occurred, start, sample } = makeUsage();
    start('at-least', { bytes: 10 });
    await sample(use(1, 10));
    world.fails = true;
    await sample();
    world.fails = false;
    await sample(use(1, 10));
    expect(occurred).toHaveLength(1);
    await sample();
    await sample(use(1, 10));
    expect(occurred).toHaveLength(2);
  });
});
