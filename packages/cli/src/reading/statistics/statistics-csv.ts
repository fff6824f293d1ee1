import type { CountedEvents, NumberQuantiles, PlainValue, Statistics } from '@ringtail/analyses';
import { csvCell } from '@ringtail/base/text';
import { perSecond } from './rates.ts';

const COLUMNS = [
  'kind',
  'name',
  'field',
  'value',
  'count',
  'per_second',
  'bytes',
  'first',
  'last',
  'minimum',
  'median',
  'p99',
  'maximum',
  'exact',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number | bigint | boolean | undefined>>;

/**
 * Statistics as one table. `kind` is `event`, `field` (numbers of the events) or `pair` (durations in nanoseconds);
 * rows with a `value` are of the events or pairs with this value of `--by`. Times are nanoseconds from the clock's
 * origin.
 *
 * @see RFC 4180
 */
export function statisticsCsv(data: Statistics): string {
  const events = data.events.flatMap(({ name, groups, ...counted }) => [
    ...eventRows(name, undefined, counted, data),
    ...groups.flatMap(({ value, ...group }) => eventRows(name, value, group, data)),
  ]);
  const pairs = data.pairs.flatMap(({ begin, end, durations, groups }) => {
    const row = (of: NumberQuantiles, value?: PlainValue): Row => ({
      kind: 'pair',
      name: `${begin} ${end}`,
      value,
      ...quantileCells(of),
    });
    return [
      ...(durations === undefined ? [] : [row(durations)]),
      ...groups.map(({ value, durations: of }) => row(of, value)),
    ];
  });
  return `${[COLUMNS.join(','), ...[...events, ...pairs].map(rowText)].join('\n')}\n`;
}

function eventRows(name: string, value: PlainValue | undefined, counted: CountedEvents, data: Statistics): Row[] {
  const { count, bytes, firstNs, lastNs, fields } = counted;
  return [
    { kind: 'event', name, value, count, per_second: perSecond(count, data), bytes, first: firstNs, last: lastNs },
    ...fields.map(
      ({ name: field, ...quantiles }): Row => ({ kind: 'field', name, field, value, ...quantileCells(quantiles) }),
    ),
  ];
}

function quantileCells({ count, minimum, median, p99, maximum, isExact }: NumberQuantiles): Row {
  return { count, minimum, median, p99, maximum, exact: isExact };
}

function rowText(row: Row): string {
  return COLUMNS.map((column) => {
    const cell = row[column];
    return typeof cell === 'string' ? csvCell(cell) : String(cell ?? '');
  }).join(',');
}
