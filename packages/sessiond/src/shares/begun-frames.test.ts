import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BegunFrame, BegunFrames } from './begun-frames.ts';
import { FRAME_TIMEOUT_MS } from './limits.ts';
import { SharedPool } from './shared-pool.ts';

let pool: SharedPool;
let frames: BegunFrames;
let timers: { callback: () => void; delayMs: number; cancelled: boolean }[];
let events: string[];

beforeEach(() => {
  pool = new SharedPool({
    of: 'bytes',
    total: 100,
    rootReserve: 0,
    remedy: '',
    daemonUid: 0,
    userBehind: (uid) => uid,
  });
  timers = [];
  events = [];
  frames = new BegunFrames(pool, {
    after: (delayMs, callback) => {
      const timer = { callback, delayMs, cancelled: false };
      timers.push(timer);
      return {
        cancel: () => {
          timer.cancelled = true;
        },
      };
    },
  });
});

function open(name: string, uid = 1001): BegunFrame {
  return frames.open({
    uid,
    onRoom: () => events.push(`${name} has room`),
    onLate: (why) => events.push(`${name}: ${why}`),
  });
}
const running = () => timers.filter(({ cancelled }) => !cancelled).length;

describe('begun frames', () => {
  it('hold what they announce, until they end', () => {
    const frame = open('a');
    expect(frame.received(4, false)).toBe(true);
    expect(frame.received(30, false)).toBe(true);
    expect(pool.used).toBe(30);
    expect(frame.received(20, true)).toBe(true);
    expect(pool.used).toBe(20);
    expect(frame.received(0, true)).toBe(true);
    expect(pool.used).toBe(0);
    expect(running()).toBe(0);
  });

  it('wait where the share of their user has no room, and go on in the order in which they came', async () => {
    const [a, b, c] = [open('a'), open('b'), open('c')];
    expect(a.received(40, false)).toBe(true);
    expect(b.received(40, false)).toBe(false);
    expect(c.received(40, false)).toBe(false);
    expect(open('other', 1002).received(10, false)).toBe(true);
    a.received(0, true);
    await nextTurn();
    expect(events).toEqual(['b has room']);
    b.release();
    await nextTurn();
    expect(events).toEqual(['b has room', 'c has room']);
    c.release();
    expect(pool.used).toBe(10);
  });

  it('that wait for what is no frame go on once that is given back', async () => {
    // An unread answer.
    pool.take(1001, 40);
    expect(open('a').received(40, false)).toBe(false);
    pool.give(1001, 40);
    await nextTurn();
    expect(events).toEqual(['a has room']);
  });

  it('that go while they wait take nothing', async () => {
    const [a, b] = [open('a'), open('b')];
    a.received(40, false);
    b.received(40, false);
    b.release();
    a.release();
    await nextTurn();
    expect(events).toEqual([]);
    expect(pool.used).toBe(0);
  });

  it('have to end in time, however slowly their bytes come; each has its own time', () => {
    const frame = open('a');
    for (let count = 0; count < 10; count++) frame.received(40, false);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([FRAME_TIMEOUT_MS]);
    frame.received(40, true);
    expect(timers.map(({ cancelled }) => cancelled)).toEqual([true, false]);
    timers[1]?.callback();
    expect(events).toEqual(['a: a message that it began did not end in 30 s']);
  });

  it('have no limit of time while they wait for room', async () => {
    const [a, b] = [open('a'), open('b')];
    a.received(40, false);
    b.received(4, false);
    b.received(40, false);
    expect(running()).toBe(1);
    a.release();
    await nextTurn();
    expect(events).toEqual(['b has room']);
    expect(running()).toBe(1);
  });
});
