import { describe, expect, it } from 'vitest';
import { FakeCountingThread } from '../../testing/counting-thread.test.support.ts';
import { MAP, newMap } from '../../testing/maps.test.support.ts';
import { testPool, testShares } from '../../testing/shares.test.support.ts';
import { processOf } from '../../testing/threads.test.support.ts';
import { addTo, CounterMap, type Row } from '../maps/counter-map.ts';
import { KeyCounters } from './key-counters.ts';
import { DAEMON_COUNTERS_MAX, type SharedCounter, ThreadCounters } from './thread-counters.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const all = () => true;

describe('counters of threads', () => {
  it('are even for one slot and odd for the other, and each is assigned once', () => {
    const counters = new ThreadCounters(testShares().kept);
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

  it('begin at zero even if the number had a value, or the thread had another daemon', async () => {
    const counters = new ThreadCounters(testShares().kept);
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

  it('never fall, even if a thread writes less', async () => {
    const counters = new ThreadCounters(testShares().kept);
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

  it('settle what a thread reports, and the rest when it ends', async () => {
    const { kept } = testShares(0);
    const counters = new ThreadCounters(kept);
    const counter = counters.open(all) as SharedCounter;
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    await turn();
    thread.set(counter.indexFor(0), 9);
    counter.settle(thread, 4);
    expect([counter.settled, counter.unsettledOf(thread), counter.read()]).toEqual([4, 5, 9]);
    counter.settle(thread, 5);
    expect([counter.settled, counter.unsettledOf(thread), counter.read()]).toEqual([9, 0, 9]);
    await turn();
    thread.set(counter.indexFor(0), 12);
    counter.settleAll();
    await turn();
    thread.set(counter.indexFor(0), 14);
    expect([counter.settled, counter.unsettledOf(thread), counter.read()]).toEqual([12, 2, 14]);
    expect(kept.used).toBeGreaterThan(0);
    counters.remove(thread);
    expect([counter.settled, counter.read(), kept.used]).toEqual([14, 14, 0]);
  });

  it('give the memory of a thread back when they are closed, and keep no bases where its user has no room', async () => {
    const pool = testPool(500);
    const counters = new ThreadCounters(pool);
    const open = Array.from({ length: 20 }, () => counters.open(all) as SharedCounter);
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    await turn();
    for (const counter of open) thread.set(counter.indexFor(0), 3);
    for (const counter of open) counter.settle(thread, 3);
    expect(pool.used).toBeLessThanOrEqual(500);
    const read = open.map((counter) => counter.read());
    expect(read[0]).toBe(3);
    expect(read.at(-1)).toBe(6);
    for (const counter of open) counter.close();
    expect(pool.used).toBe(0);
  });
});

describe('counters of keys', () => {
  const valuesIn = (map: CounterMap) => map.rows().map(({ owner, key, value }) => [owner.kind, key, value]);
  const announce = (group: number, index: number, key: string, start = 0) => ({
    type: 'counters' as const,
    counters: [{ index, group, key, start }],
  });

  it.each(['drop', 'sum'] as const)('of threads stay with their process, and then %s', (deadProcesses) => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses });
    const { number } = counters.open(map, all);
    const process = processOf(5);
    const threads = [new FakeCountingThread(1, 0, process), new FakeCountingThread(1, 0, process)];
    for (const thread of threads) {
      counters.add(thread);
      counters.announced(thread, announce(number, 100, 'k'));
      thread.set(100, 3);
    }
    const rows = () => valuesIn(map);
    expect(rows()).toEqual([['process', 'k', 6]]);
    counters.remove(threads[0]!);
    expect(rows()).toEqual([['process', 'k', 6]]);
    counters.remove(threads[1]!);
    expect(rows()).toEqual([['process', 'k', 6]]);
    map.processEnded(process);
    expect(rows()).toEqual(deadProcesses === 'sum' ? [['shared', 'k', 6]] : []);
  });

  it('of users are those of all their processes, and stay when they have ended', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses: 'drop', ownership: 'user' });
    const { number } = counters.open(map, all);
    const threads = [1, 1, 2].map((uid, at) => new FakeCountingThread(uid, 0, processOf(at)));
    threads.forEach((thread, at) => {
      counters.add(thread);
      counters.announced(thread, announce(number, 100, 'k'));
      thread.set(100, 10 ** at);
    });
    map.increment('k', 7);
    const rows = () => map.rows().map(({ owner, value }) => [owner, value]);
    const wanted = [
      [{ kind: 'user', uid: 1 }, 11],
      [{ kind: 'user', uid: 2 }, 100],
      [{ kind: 'shared' }, 7],
    ];
    expect(rows()).toEqual(wanted);
    for (const thread of threads.slice(1)) {
      counters.remove(thread);
      map.processEnded(thread.process);
    }
    expect(rows()).toEqual(wanted);
    map.clear();
    expect(rows().map(([, value]) => value)).toEqual([0, 0, 0]);
  });

  it('that wrap say so; shared counters do not wrap', () => {
    const map = newMap({ deadProcesses: 'sum', valueType: 'signed-int-32' });
    const { process } = new FakeCountingThread(1);
    const values = [
      ['a', 2 ** 31 - 1],
      ['b', 2 ** 31 + 5],
    ] as const;
    for (const [key, value] of values) {
      addTo(map.admit(0, process, key) as Row, value);
    }
    map.increment('b', 1);
    const shown = () => map.rows().map(({ owner, key, value, overflow }) => [owner.kind, key, value, overflow]);
    expect(shown()).toEqual([
      ['process', 'a', 2 ** 31 - 1, false],
      ['process', 'b', -(2 ** 31) + 5, true],
      ['shared', 'b', 1, false],
    ]);
    map.processEnded(process);
    expect(shown()).toEqual([
      ['shared', 'a', 2 ** 31 - 1, false],
      ['shared', 'b', 2 ** 31 + 6, false],
    ]);
  });

  it('are shared by the triggers of a map to which an event adds once, and by no others', () => {
    const counters = new KeyCounters(testShares().kept);
    const scopes = (updatePolicy: 'per-event' | 'per-rule-match') => {
      const maps = [newMap({ updatePolicy }), newMap({ updatePolicy })];
      return maps.flatMap((map) => [counters.open(map, all).scope, counters.open(map, all).scope]);
    };
    const [first, second, other] = scopes('per-event');
    expect([second === first, other === first]).toEqual([true, false]);
    expect(new Set(scopes('per-rule-match')).size).toBe(4);
  });

  it('that are refused and shared count for another trigger once theirs is removed', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ updatePolicy: 'per-event', keyCountMax: 1 });
    map.increment('taken', 1);
    const [gone, heir] = [counters.open(map, all), counters.open(map, all)];
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    counters.announced(thread, announce(gone.number, 100, 'k'));
    thread.set(100, 5);
    expect([gone.refused(), heir.refused()]).toEqual([5, 0]);
    gone.close();
    thread.set(100, 7);
    expect(heir.refused()).toBe(2);
    counters.remove(thread);
    thread.set(100, 9);
    expect(heir.refused()).toBe(2);
  });

  it('of several threads or indexes take no room for keys in the share of a user, since the map has the keys', () => {
    const shares = testShares(0);
    const counters = new KeyCounters(shares.kept);
    const map = newMap({ deadProcesses: 'drop', updatePolicy: 'per-event' }, shares.kept);
    const group = counters.open(map, all);
    const thread = new FakeCountingThread(2);
    counters.add(thread);
    const used: number[] = [];
    for (const index of [100, 102, 104]) {
      counters.announced(thread, announce(group.number, index, 'k'.padEnd(500, 'x')));
      used.push(shares.kept.used);
    }
    expect((used[2] as number) - (used[0] as number)).toBeLessThan(500);
    counters.remove(thread);
    map.processEnded(thread.process);
    counters.forget(map);
    expect(shares.kept.used).toBe(0);
  });

  it('are not accepted from users whom no trigger of the map is about', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses: 'sum', updatePolicy: 'per-event', keyCountMax: 1 });
    const { number } = counters.open(map, ({ uid }) => uid === 1);
    const stranger = new FakeCountingThread(2);
    counters.add(stranger);
    counters.announced(stranger, announce(number, 100, 'taken'));
    expect(map.increment('k', 1)).toBeUndefined();
  });

  it('go on after their trigger was removed, and end with their map', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses: 'sum' });
    const group = counters.open(map, all);
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    group.close();
    counters.announced(thread, announce(group.number, 100, 'late'));
    thread.set(100, 2);
    expect(map.rows()).toMatchObject([{ key: 'late', value: 2 }]);
    counters.forget(map);
    counters.announced(thread, announce(group.number, 102, 'too late'));
    expect(map.rows()).toEqual([]);
    counters.remove(thread);
  });

  it('that a thread reuses for other keys keep their former counts', () => {
    const counters = new KeyCounters(testShares().kept);
    const [map, other] = [newMap({ deadProcesses: 'sum', keyCountMax: 1 }), newMap({ deadProcesses: 'sum' })];
    const [gone, full, next] = [counters.open(map, all), counters.open(map, all), counters.open(other, all)];
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    counters.announced(thread, announce(gone.number, 100, 'k', 2));
    counters.announced(thread, announce(full.number, 102, 'too many'));
    thread.set(100, 5);
    thread.set(102, 4);
    gone.close();
    counters.announced(thread, announce(next.number, 100, 'n', 5));
    counters.announced(thread, announce(next.number, 102, 'm', 4));
    thread.set(100, 15);
    thread.set(102, 104);
    const expected = (kind: string) => [
      [[kind, 'k', 3]],
      [
        [kind, 'm', 100],
        [kind, 'n', 10],
      ],
    ];
    expect([valuesIn(map), valuesIn(other)]).toEqual(expected('process'));
    expect([gone, full, next].map((group) => group.refused())).toEqual([0, 4, 0]);
    counters.remove(thread);
    for (const each of [map, other]) each.processEnded(thread.process);
    expect([valuesIn(map), valuesIn(other)]).toEqual(expected('shared'));
  });

  it('that were reused for other keys begin at zero when the map is cleared, and end with it', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses: 'sum' });
    const group = counters.open(map, all);
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    for (const [key, start] of [
      ['a', 0],
      ['b', 5],
    ] as const) {
      counters.announced(thread, announce(group.number, 100, key, start));
      thread.set(100, start + 5);
    }
    expect(valuesIn(map)).toEqual([
      ['process', 'a', 5],
      ['process', 'b', 5],
    ]);
    map.clear();
    thread.set(100, 11);
    expect(valuesIn(map)).toEqual([
      ['process', 'a', 0],
      ['process', 'b', 1],
    ]);
    counters.forget(map);
    expect(valuesIn(map)).toEqual([]);
    counters.remove(thread);
    expect(valuesIn(map)).toEqual([]);
  });

  it('of triggers removed long ago are not accepted any more, and keep their counts', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses: 'sum', updatePolicy: 'per-event' });
    const former = counters.open(map, all);
    const thread = new FakeCountingThread(1);
    counters.add(thread);
    counters.announced(thread, announce(former.number, 100, 'k'));
    thread.set(100, 2);
    former.close();
    for (let count = 0; count < 2000; count++) counters.open(map, all).close();
    counters.announced(thread, announce(former.number, 102, 'late'));
    expect(valuesIn(map)).toEqual([['process', 'k', 2]]);
  });

  it.each([
    ['user', 'sum'],
    ['process', 'sum'],
    ['process', 'drop'],
  ] as const)(
    'count for the user of their threads as long as a map of a %s has them, also where the dead %s',
    (ownership, deadProcesses) => {
      const shares = testShares(0);
      const counters = new KeyCounters(shares.kept);
      const map = newMap({ ownership, deadProcesses, keyCountMax: 8192 }, shares.kept);
      const { number } = counters.open(map, all);
      const thread = new FakeCountingThread(2);
      counters.add(thread);
      const used: number[] = [];
      for (let count = 0; count < 100; count++) {
        // One index for all keys, each of 500 characters. The map has it as a key and as a row.
        counters.announced(thread, announce(number, 100, `${count}`.padEnd(500, 'x'), count));
        used.push(shares.kept.used);
      }
      expect(used.every((bytes, idx) => bytes >= (idx + 1) * 2 * 500)).toBe(true);
      map.clear();
      counters.remove(thread);
      map.processEnded(thread.process);
      const rows = map.rows().length;
      expect(rows).toBe(deadProcesses === 'drop' ? 0 : 100);
      expect(shares.kept.used).toBeGreaterThan((100 + rows) * 500);
      expect(shares.kept.used).toBeLessThan((100 + rows) * 600);
      // The daemon's own counters of the same keys are rows of the owner of the session.
      map.increment('of the daemon'.padEnd(500, 'x'), 1);
      expect(shares.kept.used).toBeGreaterThan((102 + rows) * 500);
      counters.forget(map);
      expect([shares.kept.used, map.rows()]).toEqual([0, []]);
    },
  );

  it('are given back with their map while threads still count', () => {
    const shares = testShares(0);
    const counters = new KeyCounters(shares.kept);
    const [map, other] = [newMap({ keyCountMax: 1 }, shares.kept), newMap({}, shares.kept)];
    const [group, ofOther] = [counters.open(map, all), counters.open(other, all)];
    const thread = new FakeCountingThread(2);
    counters.add(thread);
    for (const key of ['a', 'full', 'a', 'a', 'full']) counters.announced(thread, announce(group.number, 100, key));
    counters.announced(thread, announce(group.number, 102, 'a'));
    counters.announced(thread, announce(ofOther.number, 104, 'b'));
    map.increment('a', 1);
    group.close();
    counters.forget(map);
    counters.announced(thread, announce(ofOther.number, 100, 'c'));
    expect(map.rows()).toEqual([]);
    counters.forget(other);
    counters.remove(thread);
    expect(shares.kept.used).toBe(0);
  });

  it('that have no room in the share of their user are counted as refused and reported, and other users lose none', () => {
    const shares = testShares(0);
    const counters = new KeyCounters(shares.kept);
    const refusedOf: number[] = [];
    const map = new CounterMap({
      attributes: { ...MAP, keyCountMax: 8192 },
      ownerUid: 1,
      kept: shares.kept,
      onRefused: (uid) => refusedOf.push(uid),
    });
    const group = counters.open(map, all);
    const [hostile, other] = [new FakeCountingThread(2), new FakeCountingThread(3)];
    for (const thread of [hostile, other]) counters.add(thread);
    const indices = 2000;
    for (let index = 0; index < 2 * indices; index += 2) {
      counters.announced(hostile, announce(group.number, index, `${index}`.padEnd(4096, '\u{1234}')));
      hostile.set(index, 2);
    }
    const rows = map.rows().length;
    expect(rows).toBeLessThan(indices);
    expect(new Set(refusedOf)).toEqual(new Set([2]));
    // Where there is room to follow the counter, every event; else the one for which it was announced.
    const refused = group.refused();
    expect(map.rows().every(({ value }) => value === 2)).toBe(true);
    expect(refused).toBeGreaterThan(refusedOf.length);
    expect(refused).toBeLessThan(2 * refusedOf.length);
    counters.announced(other, announce(group.number, 100, 'of another'));
    expect(map.increment('of the owner', 1)).toBeUndefined();
    expect(map.rows()).toHaveLength(rows + 2);
  });

  it('of users whom a trigger is not about do not count', () => {
    const counters = new KeyCounters(testShares().kept);
    const map = newMap({ deadProcesses: 'sum' });
    const group = counters.open(map, ({ uid }) => uid === 1);
    const thread = new FakeCountingThread(2);
    counters.add(thread);
    counters.announced(thread, announce(group.number, 100, 'k'));
    thread.set(100, 2);
    expect(group.refused()).toBe(0);
    expect(map.rows()).toEqual([]);
  });
});
