import { describe, expect, it } from 'vitest';
import { CounterMap } from '../maps/counter-map.ts';
import { FakeCountingThread } from '../testing/counting-thread.test.support.ts';
import { processOf } from '../testing/threads.test.support.ts';
import { KeyCounters } from './key-counters.ts';
import { DAEMON_COUNTERS_MAX, type SharedCounter, ThreadCounters } from './thread-counters.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const all = () => true;

describe('counters of threads', () => {
  it('are even for one slot and odd for the other, and each is given once', () => {
    const counters = new ThreadCounters();
    const open = Array.from({ length: DAEMON_COUNTERS_MAX }, () => counters.open(all) as SharedCounter);
    expect(new Set(open.flatMap((counter) => [counter.indexFor(0), counter.indexFor(1)])).size).toBe(
      2 * DAEMON_COUNTERS_MAX,
    );
    expect(open.every((counter) => counter.indexFor(0) % 2 === 0 && counter.indexFor(1) % 2 === 1)).toBe(true);
    expect(counters.open(all)).toBeUndefined();
    open[7]?.close();
    open[7]?.close();
    expect(counters.open(all)?.indexFor(0)).toBe(14);
    expect(counters.open(all)).toBeUndefined();
  });

  it('begin at zero though the number had a value, and though the thread had another daemon', async () => {
    const counters = new ThreadCounters();
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    const former = counters.open(all) as SharedCounter;
    await turn();
    thread.set(former.indexFor(0), 100);
    expect(former.read()).toBe(100);
    former.close();
    const opened = Array.from({ length: DAEMON_COUNTERS_MAX }, () => counters.open(all) as SharedCounter);
    const again = opened.find((counter) => counter.indexFor(0) === former.indexFor(0)) as SharedCounter;
    expect(again.read()).toBe(0);
    const late = new FakeCountingThread(1);
    late.set(again.indexFor(0), 50);
    counters.add(late);
    await turn();
    late.set(again.indexFor(0), 51);
    thread.set(again.indexFor(0), 103);
    await turn();
    expect(again.read()).toBe(4);
    counters.remove(late);
    counters.remove(thread);
    expect(again.read()).toBe(4);
  });

  it('are never less than they were, whatever a thread writes', async () => {
    const counters = new ThreadCounters();
    const counter = counters.open(all) as SharedCounter;
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    for (const [value, wanted] of [
      [5, 5],
      [-7, 5],
      [Number.NaN, 5],
      [Number.POSITIVE_INFINITY, 5],
      [6.5, 6],
      [1e300, Number.MAX_SAFE_INTEGER],
    ] as const) {
      thread.set(counter.indexFor(0), value);
      await turn();
      expect(counter.read()).toBe(wanted);
    }
  });
});

describe('counters of keys', () => {
  const newMap = (deadProcesses: 'drop' | 'sum') =>
    new CounterMap({ name: 'm', valueBits: 64, keyCountMax: 10, deadProcesses });
  const announce = (map: number, index: number, key: string) => ({
    type: 'counters' as const,
    counters: [{ index, map, key }],
  });

  it.each(['drop', 'sum'] as const)('of threads stay with their process, and then %s', (deadProcesses) => {
    const counters = new KeyCounters();
    const map = newMap(deadProcesses);
    const { number } = counters.open(map, all);
    const process = processOf(5);
    const threads = [new FakeCountingThread(1, 0, process), new FakeCountingThread(1, 0, process)];
    for (const thread of threads) {
      counters.add(thread);
      counters.announced(thread, announce(number, 100, 'k'));
      thread.set(100, 3);
    }
    const rows = () => map.rows(counters.liveValues(map)).map(({ pid, value }) => [pid, value]);
    expect(rows()).toEqual([[5, 6]]);
    counters.remove(threads[0]!);
    expect(rows()).toEqual([[5, 6]]);
    counters.remove(threads[1]!);
    expect(rows()).toEqual([[5, 6]]);
    map.processEnded(process);
    expect(rows()).toEqual(deadProcesses === 'sum' ? [[null, 6]] : []);
  });

  it('go on where their trigger is gone, and end with their map', () => {
    const counters = new KeyCounters();
    const map = newMap('sum');
    const group = counters.open(map, all);
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    group.close();
    counters.announced(thread, announce(group.number, 100, 'late'));
    thread.set(100, 2);
    expect(map.rows(counters.liveValues(map))).toMatchObject([{ key: 'late', value: 2 }]);
    counters.forget(map);
    counters.announced(thread, announce(group.number, 102, 'too late'));
    expect(map.rows(counters.liveValues(map))).toEqual([]);
    counters.remove(thread);
  });

  it('of users whom a trigger is not about are not believed', () => {
    const counters = new KeyCounters();
    const map = newMap('sum');
    const group = counters.open(map, ({ uid }) => uid === 1);
    const thread = new FakeCountingThread(2);
    counters.add(thread);
    counters.announced(thread, announce(group.number, 100, 'k'));
    thread.set(100, 2);
    expect(group.read()).toEqual({ added: 0, refused: 0 });
    expect(map.rows(counters.liveValues(map))).toEqual([]);
  });
});
