import { FakeTimers } from '@ringtail/base/testing';
import { describe, expect, it } from 'vitest';
import { watchedTrigger } from '../../testing/watched-trigger.test.support.ts';
import { EventCounts } from './event-counts.ts';

const rule = { pattern: 'a:*' };

function makeCounts() {
  const clock = new FakeTimers();
  const world = { total: 0, threads: 1 };
  const counts = new EventCounts({ threadsOf: () => world.threads, timers: clock });
  const occurrences: unknown[] = [];
  const occurred = (_count: number, _captures: unknown, details: unknown) => occurrences.push(details);
  const countedEvents = () => world.total;
  const rateAbove = (perSecond: number) =>
    counts.rateAbove.start(watchedTrigger({ kind: 'event-rate-above', rule, perSecond }, 7, countedEvents), occurred);
  const noEventFor = (ms: number) =>
    counts.noEventFor.start(
      watchedTrigger({ kind: 'no-event-for', rule, periodUs: ms * 1000 }, 7, countedEvents),
      occurred,
    );
  /** Lets events come evenly. */
  const pass = (ms: number, perSecond: number) => {
    for (let at = 0; at < ms; at += 10) {
      world.total += perSecond / 100;
      clock.advance(10);
    }
  };
  return { clock, world, occurrences, rateAbove, noEventFor, pass };
}

describe('event-rate-above', () => {
  it('holds when the rate over a second rises above the limit, and again after it was below', () => {
    const { occurrences, rateAbove, pass } = makeCounts();
    rateAbove(1000);
    pass(5000, 1000);
    expect(occurrences).toEqual([]);
    pass(3000, 2000);
    expect(occurrences).toHaveLength(1);
    pass(3000, 0);
    expect(occurrences).toHaveLength(1);
    pass(3000, 2000);
    expect(occurrences).toHaveLength(2);
    for (const details of occurrences)
      expect(details).toEqual({ perSecond: expect.toSatisfy((rate: number) => rate > 1000) });
  });

  it('holds at once for a burst of less than a second', () => {
    const { clock, world, occurrences, rateAbove } = makeCounts();
    rateAbove(1000);
    clock.advance(300);
    world.total += 5000;
    clock.advance(100);
    expect(occurrences).toEqual([{ perSecond: 5000 }]);
    clock.advance(10_000);
    expect(occurrences).toHaveLength(1);
  });

  it('counts from the start, also with late samples and shrinking counts', () => {
    const { clock, world, occurrences, rateAbove } = makeCounts();
    world.total = 1e9;
    rateAbove(100);
    clock.advance(1000);
    world.total = 0;
    clock.advance(1000);
    expect(occurrences).toEqual([]);
  });
});

describe('no-event-for', () => {
  it('holds once for each silence', () => {
    const { clock, occurrences, noEventFor, pass } = makeCounts();
    noEventFor(2000);
    pass(10_000, 100);
    expect(occurrences).toEqual([]);
    clock.advance(1800);
    expect(occurrences).toEqual([]);
    clock.advance(10_000);
    expect(occurrences).toEqual([{ silentMs: expect.toSatisfy((ms: number) => ms >= 2000 && ms <= 2100) }]);
    pass(1000, 100);
    clock.advance(3000);
    expect(occurrences).toHaveLength(2);
  });

  it('counts from the registration of an application', () => {
    const { clock, world, occurrences, noEventFor } = makeCounts();
    world.threads = 0;
    noEventFor(1000);
    clock.advance(60_000);
    world.threads = 1;
    clock.advance(900);
    expect(occurrences).toEqual([]);
    clock.advance(200);
    expect(occurrences).toHaveLength(1);
    world.threads = 0;
    clock.advance(60_000);
    world.threads = 2;
    clock.advance(1100);
    expect(occurrences).toHaveLength(2);
  });
});

it('no counter is read while there is no trigger', () => {
  const { clock, rateAbove, noEventFor } = makeCounts();
  expect(clock.pending).toBe(0);
  const stops = [rateAbove(1), noEventFor(1000)];
  expect(clock.pending).toBe(1);
  for (const stop of stops) stop();
  expect(clock.pending).toBe(0);
});
