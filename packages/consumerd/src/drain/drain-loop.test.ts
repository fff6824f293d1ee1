import { FakeTimers } from '@ringtail/base/testing';
import { describe, expect, it } from 'vitest';
import { type Drainable, DrainLoop, type DrainResult, QUIET_ROUNDS, TICK_PERIOD_MS } from './drain-loop.ts';

/** A ring in which tests put closed sub-buffers. */
class FakeRing implements Drainable {
  closed = 0;
  taken = 0;
  looks = 0;
  staleLooks = 0;
  samples = 0;
  /** Looks at it that find more than they may take. */
  moreLooks = 0;
  wakeRequested = false;
  onWakeRequest: () => void = () => {};

  drainClosed(): DrainResult {
    this.looks += 1;
    const packets = this.closed;
    this.closed = 0;
    this.taken += packets;
    return { packets, more: this.moreLooks-- > 0 };
  }

  drainStale(): DrainResult {
    this.staleLooks += 1;
    return { packets: 0, more: false };
  }

  sampleUse(): void {
    this.samples += 1;
  }

  requestWake(on: boolean): void {
    this.wakeRequested = on;
    if (on) this.onWakeRequest();
  }
}

function started(ringCount = 1) {
  const timers = new FakeTimers();
  const loop = new DrainLoop(timers);
  const rings = Array.from({ length: ringCount }, () => new FakeRing());
  loop.start();
  for (const ring of rings) loop.add(ring);
  return { timers, loop, rings, ring: rings[0] as FakeRing };
}

describe('DrainLoop', () => {
  it('drains a busy ring every round', () => {
    const { timers, ring } = started();
    for (let i = 0; i < 100; i++) {
      ring.closed = 1;
      timers.advance(2);
    }
    expect(ring.taken).toBe(100);
    expect(ring.wakeRequested).toBe(false);
  });

  it('asks a quiet ring for a wake and does not drain it again until the wake comes', () => {
    const { timers, loop, ring } = started();
    timers.advance(2 * QUIET_ROUNDS);
    expect(ring.wakeRequested).toBe(true);
    const { looks } = ring;
    timers.advance(900);
    expect(ring.looks).toBe(looks);
    ring.closed = 3;
    loop.wake();
    timers.advance(1);
    expect(ring.taken).toBe(3);
    expect(ring.wakeRequested).toBe(false);
  });

  it('sees a sub-buffer that was closed just before the wake flag was set', () => {
    const { timers, ring } = started();
    ring.onWakeRequest = () => {
      ring.closed = 1;
      ring.onWakeRequest = () => {};
    };
    timers.advance(2 * QUIET_ROUNDS);
    expect(ring.taken).toBe(1);
    expect(ring.wakeRequested).toBe(false);
  });

  it('runs one round per millisecond however fast wakes come', () => {
    const { timers, loop, ring } = started();
    timers.advance(2 * QUIET_ROUNDS);
    const { looks } = ring;
    for (let i = 0; i < 10; i++) {
      for (let wake = 0; wake < 1000; wake++) loop.wake();
      timers.advance(1);
    }
    expect(ring.looks - looks).toBe(10);
  });

  it('with all rings asleep leaves nothing but the tick', () => {
    const { timers, rings } = started(1000);
    timers.advance(2 * QUIET_ROUNDS);
    const looks = rings.map((ring) => ring.looks);
    const ran = timers.ran;
    timers.advance(10 * TICK_PERIOD_MS);
    expect(timers.ran - ran).toBe(10);
    expect(rings.map((ring) => ring.looks)).toEqual(looks);
    expect(rings.every((ring) => ring.staleLooks === 10)).toBe(true);
  });

  it('goes on draining a ring that could not give all its packets', () => {
    const { timers, ring } = started();
    ring.drainClosed = () => {
      ring.looks += 1;
      return { packets: 0, more: true };
    };
    timers.advance(500);
    expect(ring.looks).toBe(250);
  });

  it('forgets a ring that removes itself while it is drained', () => {
    const { timers, loop, rings } = started(3);
    for (const ring of rings) {
      const look = ring.drainClosed.bind(ring);
      ring.drainClosed = () => {
        loop.remove(rings[1] as FakeRing);
        return look();
      };
    }
    timers.advance(2 * QUIET_ROUNDS + TICK_PERIOD_MS);
    expect(rings[1]?.looks).toBe(0);
    expect(rings[1]?.staleLooks).toBe(0);
    expect(rings[2]?.wakeRequested).toBe(true);
  });

  it('is silent once stopped', () => {
    const { timers, loop, ring } = started();
    loop.stop();
    timers.advance(5000);
    expect(ring.looks + ring.staleLooks).toBe(0);
    expect(timers.pending).toBe(0);
  });

  it('drains the rings of a channel with a read timer at its period, and never asks for a wake', () => {
    const { timers, loop } = started(0);
    const ring = new FakeRing();
    loop.add(ring, { readPeriodMs: 200 });
    timers.advance(199);
    expect(ring.looks).toBe(0);
    timers.advance(801);
    expect(ring).toMatchObject({ looks: 5, staleLooks: 1, wakeRequested: false });
    loop.remove(ring);
    timers.advance(2000);
    expect(ring.looks).toBe(5);
  });

  it('goes on draining a polled ring that has more than its share', () => {
    const { timers, loop } = started(0);
    const ring = new FakeRing();
    loop.add(ring, { readPeriodMs: 200 });
    ring.moreLooks = 10;
    timers.advance(230);
    expect(ring.looks).toBe(11);
    timers.advance(150);
    expect(ring.looks).toBe(11);
  });

  it('takes open sub-buffers at the switch timer of their channel, and the others once a second', () => {
    const { timers, loop, ring: other } = started();
    const ring = new FakeRing();
    loop.add(ring, { switchPeriodMs: 50 });
    timers.advance(TICK_PERIOD_MS);
    expect([ring.staleLooks, other.staleLooks]).toEqual([20, 1]);
  });

  it('samples the use of rings at the monitor timer of their channel, with one timer for all of a period', () => {
    const { timers, loop } = started(0);
    const rings = [new FakeRing(), new FakeRing()];
    const { pending } = timers;
    for (const ring of rings) loop.add(ring, { monitorPeriodMs: 100, readPeriodMs: 100 });
    expect(timers.pending).toBe(pending + 2);
    timers.advance(1000);
    expect(rings.map(({ samples }) => samples)).toEqual([10, 10]);
    loop.stop();
    expect(timers.pending).toBe(0);
  });
});
