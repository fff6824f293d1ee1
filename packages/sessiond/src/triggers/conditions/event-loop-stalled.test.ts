import { FakeTimers } from '@ringtail/base/testing';
import { describe, expect, it } from 'vitest';
import { processOf, threadOf } from '../../testing/threads.test.support.ts';
import { watchedTrigger } from '../../testing/watched-trigger.test.support.ts';
import { EventLoopStalled, type PingedThread } from './event-loop-stalled.ts';

class FakeThread implements PingedThread {
  readonly thread;
  readonly tid: number;
  answered = 0;
  readonly pings: number[] = [];
  alive = true;

  constructor(uid: number, tid: number, procname = 'node') {
    this.thread = threadOf(uid, processOf(tid, procname));
    this.tid = tid;
  }

  look(turn: number): void {
    this.pings.push(turn);
    if (this.alive) this.answered = turn;
  }

  wakeUp(): void {
    this.alive = true;
    this.answered = this.pings.at(-1) ?? 0;
  }
}

function makeWatch(threads: FakeThread[], state = 'R') {
  const clock = new FakeTimers();
  const watch = new EventLoopStalled({ threads: () => threads, stateOf: () => state, timers: clock });
  const occurred: string[] = [];
  const start = (periodMs: number, procname = '*', uid = 0) => {
    const condition = { kind: 'event-loop-stalled', procname, periodUs: periodMs * 1000 } as const;
    return watch.start(watchedTrigger(condition, uid), (_count, _captures, details) => {
      occurred.push(`${periodMs} ${details?.tid} ${details?.state}`);
    });
  };
  return { clock, occurred, start };
}

describe('EventLoopStalled', () => {
  it('holds once for a thread that does not answer for the period, and again after it has answered', () => {
    const thread = new FakeThread(7, 1);
    const { clock, occurred, start } = makeWatch([thread]);
    start(1000);
    clock.advance(10_000);
    expect(occurred).toEqual([]);
    for (let stall = 1; stall <= 2; stall++) {
      thread.alive = false;
      clock.advance(1000);
      expect(occurred).toHaveLength(stall - 1);
      clock.advance(9000);
      expect(occurred).toHaveLength(stall);
      thread.wakeUp();
      clock.advance(1000);
    }
    expect(occurred).toEqual(['1000 1 stalled', '1000 1 stalled']);
  });

  it('sends four pings in the period, at most one every 50 ms, and one at a time', () => {
    for (const [periodMs, pings] of [
      [1000, 20],
      [100, 100],
    ] as const) {
      const [awake, asleep] = [new FakeThread(7, 1), new FakeThread(7, 2)];
      asleep.alive = false;
      const { clock, start } = makeWatch([awake, asleep]);
      start(periodMs);
      clock.advance(5000);
      expect([awake.pings.length, asleep.pings.length]).toEqual([pings, 1]);
    }
  });

  it('says that a process is stopped', () => {
    const thread = new FakeThread(7, 1);
    thread.alive = false;
    const { clock, occurred, start } = makeWatch([thread], 'T');
    start(200);
    clock.advance(1000);
    expect(occurred).toEqual(['200 1 stopped']);
  });

  it('does not blame a thread whose answer is unread because the daemon was held up', () => {
    const thread = new FakeThread(7, 1);
    thread.alive = false;
    let held = 0;
    const clock = new FakeTimers();
    const watch = new EventLoopStalled({
      threads: () => [thread],
      stateOf: () => undefined,
      timers: { nowMs: () => clock.nowMs() + held, after: (delayMs, run) => clock.after(delayMs, run) },
    });
    const occurred: unknown[] = [];
    const condition = { kind: 'event-loop-stalled', procname: '*', periodUs: 1_000_000 } as const;
    watch.start(watchedTrigger(condition), (count) => occurred.push(count));
    clock.advance(250);
    held = 60_000;
    clock.advance(250);
    thread.wakeUp();
    clock.advance(5000);
    expect(occurred).toEqual([]);
  });

  it('watches the threads of its users and names, each trigger with its period', () => {
    const threads = [new FakeThread(7, 1, 'web'), new FakeThread(8, 2, 'web'), new FakeThread(7, 3, 'job')];
    for (const thread of threads) thread.alive = false;
    const { clock, occurred, start } = makeWatch(threads);
    start(200, 'w*', 7);
    start(1000, 'web', 0);
    clock.advance(600);
    expect(occurred).toEqual(['200 1 stalled']);
    clock.advance(1000);
    expect(occurred).toEqual(['200 1 stalled', '1000 1 stalled', '1000 2 stalled']);
    expect(threads[2]!.pings).toEqual([]);
  });

  it('watches a thread while the name of its program matches', () => {
    const thread = new FakeThread(7, 1);
    thread.alive = false;
    const { clock, occurred, start } = makeWatch([thread]);
    start(200, 'shop/*');
    clock.advance(1000);
    expect(occurred).toEqual([]);
    thread.thread.process.program = 'shop/server.js';
    clock.advance(1000);
    expect(occurred).toEqual(['200 1 stalled']);
    thread.thread.process.program = 'maintenance';
    clock.advance(1000);
    const { length } = thread.pings;
    thread.wakeUp();
    clock.advance(1000);
    expect(thread.pings).toHaveLength(length);
  });

  it('does not hold again when triggers are added or removed, and keeps nothing after the last', () => {
    const thread = new FakeThread(7, 1);
    thread.alive = false;
    const { clock, occurred, start } = makeWatch([thread]);
    const stop = start(1000);
    clock.advance(3000);
    const stopOther = start(200);
    clock.advance(3000);
    expect(occurred).toEqual(['1000 1 stalled', '200 1 stalled']);
    stop();
    clock.advance(3000);
    stopOther();
    expect([occurred.length, clock.pending]).toEqual([2, 0]);
  });

  it('sends pings to thousands of threads in turn', () => {
    const threads = Array.from({ length: 2000 }, (_, idx) => new FakeThread(7, idx + 1));
    threads[1999]!.alive = false;
    const { clock, occurred, start } = makeWatch(threads);
    start(200);
    clock.advance(50);
    const pings = () => threads.map((thread) => thread.pings.length);
    expect(pings().reduce((sum, count) => sum + count)).toBe(256);
    clock.advance(350);
    expect(Math.min(...pings())).toBe(1);
    clock.advance(1000);
    expect(occurred).toEqual(['200 2000 stalled']);
  });
});
