import type { LossMessage } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { type MadeClasses, type MadeEvent, madeStream, show } from '../testing/made-events.test.support.ts';
import { type Statistics, type StatisticsOptions, statistics } from './statistics.ts';

const CLASSES: MadeClasses = {
  'shop:request_start': ['id', 's_url'],
  'shop:request_end': ['id', 'status'],
  'db:query_entry': ['rows'],
  'db:query_exit': ['ret'],
  'app:tick': ['n'],
};

function statisticsOf(events: readonly MadeEvent[], options?: StatisticsOptions): Statistics {
  const handler = statistics(options);
  show(handler, madeStream(CLASSES), events);
  return handler.data();
}

const start = (ns: number, id: number, pid = 1): MadeEvent => ({
  name: 'shop:request_start',
  ns,
  pid,
  fields: { id, s_url: undefined },
});
const end = (ns: number, id: number, pid = 1, status = 200): MadeEvent => ({
  name: 'shop:request_end',
  ns,
  pid,
  fields: { id, status },
});
const entry = (ns: number, tid: number): MadeEvent => ({ name: 'db:query_entry', ns, tid, fields: { rows: ns } });
const exit = (ns: number, tid: number): MadeEvent => ({ name: 'db:query_exit', ns, tid, fields: { ret: 0 } });

describe('statistics', () => {
  it('count events by name, the most frequent first, with their numbers', () => {
    const events = [7, 3, 5].map((n, i): MadeEvent => ({ name: 'app:tick', ns: 1e9 + i * 5e8, fields: { n } }));
    const { count, bytes, firstNs, lastNs, events: found } = statisticsOf([start(1, 1), ...events]);
    expect({ count, bytes, firstNs, lastNs }).toEqual({ count: 4, bytes: 40, firstNs: 1n, lastNs: 2_000_000_000n });
    expect(found.map(({ name, count: of }) => [name, of])).toEqual([
      ['app:tick', 3],
      ['shop:request_start', 1],
    ]);
    expect(found[0]).toMatchObject({
      firstNs: 1_000_000_000n,
      lastNs: 2_000_000_000n,
      fields: [{ name: 'n', minimum: 3, median: 5, p99: 7, maximum: 7 }],
    });
  });

  it('pair requests that overlap by their identifier, within one process', () => {
    const { pairs } = statisticsOf([
      start(10, 1),
      start(20, 2),
      start(30, 1, 9),
      end(40, 1),
      end(90, 1, 9),
      end(100, 2),
    ]);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({
      begin: 'shop:request_start',
      end: 'shop:request_end',
      relation: 'id',
      durations: { count: 3, minimum: 30, median: 60, maximum: 80 },
      beginsWithoutEnd: 0,
      endsWithoutBegin: 0,
      nestedCount: 0,
    });
    expect(pairs[0]!.slowest.map(({ durationNs, beginNs, fields }) => [durationNs, beginNs, fields])).toEqual([
      [
        80,
        20n,
        [
          ['id', 2],
          ['status', 200],
        ],
      ],
      [
        60,
        30n,
        [
          ['id', 1],
          ['status', 200],
        ],
      ],
      [
        30,
        10n,
        [
          ['id', 1],
          ['status', 200],
        ],
      ],
    ]);
  });

  it('pair events of different processes by a field that the user names', () => {
    const events = [start(10, 1, 1), end(40, 1, 2)];
    expect(statisticsOf(events).pairs[0]).toMatchObject({ beginsWithoutEnd: 1, endsWithoutBegin: 1 });
    expect(statisticsOf(events, { pairBy: 'id' }).pairs[0]).toMatchObject({ durations: { count: 1, minimum: 30 } });
  });

  it('pair events without an identifier by their thread, the innermost first', () => {
    const { pairs } = statisticsOf([entry(10, 5), entry(20, 5), entry(25, 6), exit(30, 5), exit(60, 5), exit(61, 7)]);
    expect(pairs[0]).toMatchObject({
      relation: 'thread',
      durations: { count: 2, minimum: 10, maximum: 50 },
      nestedCount: 1,
      beginsWithoutEnd: 1,
      endsWithoutBegin: 1,
    });
  });

  it('give up what began on a thread before its events were lost', () => {
    const handler = statistics();
    const stream = madeStream(CLASSES);
    const loss = { kind: 'discarded-events', stream, count: 2n, range: undefined, seconds: 0, nanoseconds: 0 } as const;
    show(handler, stream, [entry(10, 5), start(11, 1)]);
    handler.seeLoss(loss satisfies LossMessage);
    show(handler, stream, [exit(30, 5), end(31, 1)]);
    const { pairs, losses } = handler.data();
    expect(losses).toEqual({ discardedEvents: 2n, discardedPackets: 0n, unknownReports: 0 });
    expect(
      pairs.map(({ relation, durations, beginsWithoutEnd }) => [relation, durations?.count, beginsWithoutEnd]),
    ).toEqual([
      ['thread', undefined, 1],
      ['id', 1, 0],
    ]);
  });

  it('group events and pairs by the values of a field', () => {
    const events = [
      start(10, 1),
      end(20, 1, 1, 200),
      start(30, 2),
      end(90, 2, 1, 500),
      start(91, 3),
      end(93, 3, 1, 200),
    ];
    const { events: found, pairs, hasGroups } = statisticsOf(events, { by: 'status' });
    expect(hasGroups).toBe(true);
    expect(
      found.find(({ name }) => name === 'shop:request_end')!.groups.map(({ value, count }) => [value, count]),
    ).toEqual([
      [200, 2],
      [500, 1],
    ]);
    expect(pairs[0]!.groups.map(({ value, durations: { count, maximum } }) => [value, count, maximum])).toEqual([
      [200, 2, 10],
      [500, 1, 60],
    ]);
  });

  it('put durations into bins of 1, 2 and 5', () => {
    const { pairs } = statisticsOf([
      start(0, 1),
      end(200, 1),
      start(300, 2),
      end(1300, 2),
      start(2000, 3),
      end(3999, 3),
    ]);
    expect(pairs[0]!.bins).toEqual([
      { fromNs: 200, toNs: 500, count: 1 },
      { fromNs: 500, toNs: 1000, count: 0 },
      { fromNs: 1000, toNs: 2000, count: 2 },
    ]);
  });

  it('are the same for parts of a trace, merged in any order', () => {
    const stream = madeStream(CLASSES);
    const events: MadeEvent[] = [];
    for (let i = 0; i < 400; i++) {
      const ns = 400 * i;
      events.push(start(ns, i), end(ns + 41 + 4 * ((i * 7919) % 5000), i, 1, i % 3));
      events.push(entry(ns + 6, i % 4), exit(ns + 11 + 4 * ((i * 31) % 350), i % 4));
    }
    events.sort((a, b) => a.ns - b.ns);
    const options = { by: 'status', slowest: 5 };
    // Nested begins are counted in each part alone.
    const dataOf = (handler: ReturnType<typeof statistics>) => {
      const { pairs, ...data } = handler.data();
      const unnested = pairs.map(({ nestedCount: _, groups, ...pair }) => ({
        ...pair,
        groups: [...groups].sort((a, b) => Number(a.value) - Number(b.value)),
      }));
      const sorted = data.events.map(({ groups, ...event }) => ({
        ...event,
        groups: [...groups].sort((a, b) => Number(a.value) - Number(b.value)),
      }));
      return { ...data, events: sorted, pairs: unnested };
    };
    const whole = statistics(options);
    show(whole, stream, events);
    const bounds = [0, 3, 200, 201, 900, events.length];
    const states = bounds.slice(1).map((bound, i) => {
      const part = statistics(options);
      show(part, stream, events.slice(bounds[i], bound));
      return part.state();
    });
    for (const order of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [2, 4, 0, 3, 1],
    ]) {
      const merged = statistics(options);
      for (const i of order) merged.merge(structuredClone(states[i]!));
      expect(dataOf(merged)).toEqual(dataOf(whole));
    }
    expect(whole.data().pairs[1]!.durations!.count).toBe(400);
  });
});
