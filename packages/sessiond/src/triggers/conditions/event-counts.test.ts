import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.test.support.ts';
import { watchedTrigger } from '../../testing/watched-trigger.test.support.ts';
import { EventCounts } from './event-counts.ts';

const rule = { pattern: 'a:*' };

function makeCounts() {
  const clock = new FakeClock();
  const world = { total: 0, threads: 1 };
  const counts = new EventCounts({ threadsOf: () => world.threads, timers: clock });
  const told: unknown[] = [];
  const occurred = (_count: number, _captures: unknown, details: unknown) => told.push(details);
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
  return { clock, world, told, rateAbove, noEventFor, pass };
}

describe('event-rate-above', () => {
  it('tells when the rate over a second begins to be above, and again when it has been below', () => {
    const { told, rateAbove, pass } = makeCounts();
    rateAbove(1000);
    pass(5000, 1000);
    expect(told).toEqual([]);
    pass(3000, 2000);
    expect(told).toHaveLength(1);
    pass(3000, 0);
    expect(told).toHaveLength(1);
    pass(3000, 2000);
    expect(told).toHaveLength(2);
    for (const details of told) expect(details).toEqual({ perSecond: expect.toSatisfy((rate: number) => rate > 1000) });
  });

  it('tells of a burst at once, though it lasts for less than a second', () => {
    const { clock, world, told, rateAbove } = makeCounts();
    rateAbove(1000);
    clock.advance(300);
    world.total += 5000;
    clock.advance(100);
    expect(told).toEqual([{ perSecond: 5000 }]);
    clock.advance(10_000);
    expect(told).toHaveLength(1);
  });

  it('counts from the start, and is not misled by looks that come late or counts that shrink', () => {
    const { clock, world, told, rateAbove } = makeCounts();
    world.total = 1e9;
    rateAbove(100);
    clock.advance(1000);
    world.total = 0;
    clock.advance(1000);
    expect(told).toEqual([]);
  });
});

describe('no-event-for', () => {
  it('tells once of each silence', () => {
    const { clock, told, noEventFor, pass } = makeCounts();
    noEventFor(2000);
    pass(10_000, 100);
    expect(told).toEqual([]);
    clock.advance(1800);
    expect(told).toEqual([]);
    clock.advance(10_000);
    expect(told).toEqual([{ silentMs: expect.toSatisfy((ms: number) => ms >= 2000 && ms <= 2100) }]);
    pass(1000, 100);
    clock.advance(3000);
    expect(told).toHaveLength(2);
  });

  it('counts from when there is an application', () => {
    const { clock, world, told, noEventFor } = makeCounts();
    world.threads = 0;
    noEventFor(1000);
    clock.advance(60_000);
    world.threads = 1;
    clock.advance(900);
    expect(told).toEqual([]);
    clock.advance(200);
    expect(told).toHaveLength(1);
    world.threads = 0;
    clock.advance(60_000);
    world.threads = 2;
    clock.advance(1100);
    expect(told).toHaveLength(2);
  });
});

it('nobody looks while no trigger wants to know', () => {
  const { clock, rateAbove, noEventFor } = makeCounts();
  expect(clock.timers).toBe(0);
  const stops = [rateAbove(1), noEventFor(1000)];
  expect(clock.timers).toBe(1);
  for (const stop of stops) stop();
  expect(clock.timers).toBe(0);
});
