import { FakeTimers } from '@ringtail/base/testing';
import { describe, expect, it } from 'vitest';
import { QUIET_LOG } from '../../testing/quiet-log.test.support.ts';
import { watchedTrigger } from '../../testing/watched-trigger.test.support.ts';
import { ChannelUsage, type MonitoredChannel, type RingUse } from './channel-buffer-usage.ts';

const use = (usedBytes: number, highestBytes = usedBytes): RingUse => ({ usedBytes, highestBytes, ringBytes: 1000 });

function makeUsage() {
  const clock = new FakeTimers();
  const sampled: string[] = [];
  const channelWith = (monitorTimerUs: number): MonitoredChannel => ({
    monitorTimerUs,
    use: async () => {
      sampled.push('sample');
      if (world.fails) throw new Error('there is no consumer');
      return world.uses;
    },
  });
  const world = {
    channel: channelWith(100_000) as MonitoredChannel | undefined,
    uses: [] as readonly RingUse[],
    fails: false,
  };
  const usage = new ChannelUsage({
    channelOf: () => world.channel,
    timers: clock,
    log: QUIET_LOG,
  });
  const occurred: unknown[] = [];
  const start = (comparison: 'at-least' | 'at-most', threshold: { ratio: number } | { bytes: number }) => {
    const condition = { kind: 'channel-buffer-usage', session: 's', channel: 'c', comparison, threshold } as const;
    return usage.start(watchedTrigger(condition, 7), (_count, _captures, details) => occurred.push(details));
  };
  /** Lets a sample be taken with these uses. */
  const sample = async (...uses: readonly RingUse[]) => {
    world.uses = uses;
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, world, channelWith, sampled, occurred, start, sample };
}

describe('ChannelUsage', () => {
  it('holds when the fullest ring of all traces reaches the threshold, also between two samples', async () => {
    const { sampled, occurred, start, sample } = makeUsage();
    start('at-least', { ratio: 0.75 });
    await sample(use(100), use(749));
    expect([sampled.length, occurred]).toEqual([1, []]);
    await sample(use(100), use(10, 750));
    await sample(use(900), use(10));
    expect(occurred).toEqual([{ usedBytes: 750, ringBytes: 1000 }]);
    await sample(use(0), use(10));
    await sample(use(900), use(10));
    expect(occurred).toHaveLength(2);
  });

  it('holds when the fullest ring falls to the threshold', async () => {
    const { occurred, start, sample } = makeUsage();
    start('at-most', { bytes: 300 });
    await sample(use(100), use(301));
    expect(occurred).toEqual([]);
    await sample(use(100), use(300, 1000));
    await sample(use(0), use(0));
    expect(occurred).toEqual([{ usedBytes: 300, ringBytes: 1000 }]);
  });

  it('samples once for all triggers of a channel, and never without a trigger', async () => {
    const { clock, sampled, occurred, start, sample } = makeUsage();
    const stops = [
      start('at-least', { ratio: 0.1 }),
      start('at-least', { ratio: 0.5 }),
      start('at-most', { ratio: 1 }),
    ];
    await sample(use(500));
    expect([sampled.length, occurred.length, clock.pending]).toEqual([1, 3, 1]);
    for (const stop of stops) stop();
    expect(clock.pending).toBe(0);
    start('at-least', { ratio: 0.1 })();
    expect(clock.pending).toBe(0);
  });

  it('waits for a channel that does not exist yet, or is not sampled, and samples nothing meanwhile', async () => {
    const { clock, world, channelWith, sampled, occurred, start, sample } = makeUsage();
    const channel = world.channel;
    for (const absent of [undefined, channelWith(0)]) {
      world.channel = absent;
      const stop = start('at-most', { ratio: 1 });
      await sample(use(0));
      clock.advance(5000);
      expect([sampled, occurred]).toEqual([[], []]);
      stop();
    }
    world.channel = undefined;
    start('at-most', { ratio: 1 });
    world.channel = channel;
    clock.advance(1000);
    await sample(use(0));
    expect(occurred).toHaveLength(1);
  });

  it('does not hold for a channel that has no trace yet', async () => {
    const { occurred, start, sample } = makeUsage();
    start('at-most', { ratio: 1 });
    await sample();
    expect(occurred).toEqual([]);
    await sample(use(0));
    expect(occurred).toHaveLength(1);
  });

  it('begins again when the rings have gone, and goes on after a missing answer', async () => {
    const { world, occurred, start, sample } = makeUsage();
    start('at-least', { bytes: 10 });
    await sample(use(10));
    world.fails = true;
    await sample();
    world.fails = false;
    await sample(use(10));
    expect(occurred).toHaveLength(1);
    await sample();
    await sample(use(10));
    expect(occurred).toHaveLength(2);
  });
});
