import { spawnSync } from 'node:child_process';
import { type FieldStatistics, RELATIVE_ERROR, runHandler, type Statistics, statistics } from '@ringtail/analyses';
import type { EventMessage } from '@ringtail/ctf';
import { openTraces } from '@ringtail/reader';
import { describe, expect, it } from 'vitest';
import { corpusCases } from '../corpus.ts';
import { requirePeer } from '../peers.ts';

const JUDGED = 'statistics of the traces of other tracers';
const cases18 = corpusCases('1.8', JUDGED);
const cases = [...cases18, ...corpusCases('2', JUDGED)];
const babeltrace2 = requirePeer('babeltrace2', 'counts of events, by another reader');
/** The traces with the most events, which babeltrace2 counts as well. */
const COUNTED = ['trace-compass/', 'lttng/'];

function withReader<T>(trace: string, keep: boolean, use: (reader: ReturnType<typeof openTraces>) => T): T {
  const reader = openTraces(trace, { onError: () => {}, ...(keep && { keep: () => true }) });
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

function statisticsOf(trace: string, keep: boolean): Statistics {
  const handler = statistics();
  withReader(trace, keep, (reader) => runHandler(reader, handler));
  return handler.data();
}

interface NaiveEvents {
  count: number;
  readonly numbers: Map<string, (number | bigint)[]>;
}

/** The same by a plain computation over messages. */
function naiveStatistics(trace: string): Map<string, NaiveEvents> {
  const events = new Map<string, NaiveEvents>();
  withReader(trace, false, (reader) => {
    for (const message of reader) {
      if (message.kind !== 'event') continue;
      const naive = events.get(message.class.name) ?? { count: 0, numbers: new Map() };
      events.set(message.class.name, naive);
      naive.count++;
      for (const [name, value] of numbersOf(message)) {
        const values = naive.numbers.get(name);
        if (values === undefined) naive.numbers.set(name, [value]);
        else values.push(value);
      }
    }
  });
  return events;
}

function numbersOf({ class: of, payload = {} }: EventMessage): (readonly [string, number | bigint])[] {
  const kinds = new Map(of.payload?.members.map(({ name, fieldClass }) => [name, fieldClass.kind]));
  return Object.entries(payload).flatMap(([name, value]) => {
    const isNumber = ['integer', 'variable-integer', 'float'].includes(kinds.get(name) ?? '');
    return isNumber && (typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value)))
      ? [[name, value] as const]
      : [];
  });
}

function expectQuantiles(found: FieldStatistics, values: readonly (number | bigint)[]): void {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  expect(found).toMatchObject({ count: sorted.length, minimum: sorted[0], maximum: sorted.at(-1) });
  for (const [quantile, share] of [
    [found.median, 0.5],
    [found.p99, 0.99],
  ] as const) {
    const right = Number(sorted[Math.ceil(share * sorted.length) - 1]);
    // Negative zero equals zero.
    if (found.isExact) expect(Number(quantile) + 0).toBe(right + 0);
    else expect(Math.abs(Number(quantile) - right)).toBeLessThanOrEqual(Math.abs(right) * RELATIVE_ERROR);
  }
}

describe.skipIf(cases.length === 0)('the statistics of a trace', () => {
  it.each(cases)('of $name are those of a plain computation', ({ path: trace }) => {
    const naive = naiveStatistics(trace);
    const compiled = statisticsOf(trace, false);
    expect(new Map(compiled.events.map(({ name, count }) => [name, count]))).toEqual(
      new Map([...naive].map(([name, { count }]) => [name, count])),
    );
    for (const { name, fields } of compiled.events) {
      for (const field of fields.filter((one) => !one.name.includes('.'))) {
        expectQuantiles(field, naive.get(name)!.numbers.get(field.name) ?? []);
      }
    }
    // A filter has every event decoded in the general way.
    expect(statisticsOf(trace, true)).toEqual(compiled);
  });

  it.skipIf(babeltrace2 === undefined).each(cases18.filter(({ name }) => COUNTED.some((of) => name.startsWith(of))))(
    "of $name have babeltrace2's count",
    ({ path: trace }) => {
      const { stdout } = spawnSync(babeltrace2!, [trace, '-c', 'sink.utils.counter'], { encoding: 'utf8' });
      // It also prints counts while it reads.
      const counts = [...stdout.matchAll(/(\d+) Event messages/g)];
      expect(statisticsOf(trace, false).count).toBe(Number(counts.at(-1)?.[1]));
    },
  );
});
