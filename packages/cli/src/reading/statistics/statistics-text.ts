import type {
  CountedEvents,
  DurationBin,
  EventStatistics,
  FieldStatistics,
  NumberQuantiles,
  PairStatistics,
  PlainValue,
  Statistics,
} from '@ringtail/analyses';
import { instantOf } from '@ringtail/base';
import { visibleLine } from '@ringtail/base/text';
import { TimeFormat } from '@ringtail/reader';
import { formatBytes, formatCount, formatSeconds, plural } from '../../output/quantity.ts';
import type { Style } from '../../output/style.ts';
import { tableLines } from '../../output/table.ts';
import { lossesText } from '../losses-text.ts';
import { durationText, hexText, numberText, quantileText, roundDurationText } from './number-text.ts';
import { perSecond, spanSeconds } from './rates.ts';
import type { StatsOptions } from './stats-options.ts';

interface TextStyle extends Pick<StatsOptions, 'by' | 'limit' | 'clockGmt'> {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
}

/** Narrower terminals show times with milliseconds only. */
const FULL_TIMES_WIDTH = 120;
const BAR_CELLS_MAX = 40;
const BAR_CELLS_MIN = 8;
const TEXT_LENGTH_MAX = 60;

/** Statistics for people: a line about all events, tables of events and their numbers, and a section for each pair. */
export function statisticsText(data: Statistics, style: TextStyle): string {
  return new StatisticsText(data, style).text();
}

class StatisticsText {
  readonly #data: Statistics;
  readonly #options: TextStyle;
  readonly #timeFormat: TimeFormat;

  constructor(data: Statistics, options: TextStyle) {
    this.#data = data;
    this.#options = options;
    this.#timeFormat = new TimeFormat({ utc: options.clockGmt }, () => {});
  }

  text(): string {
    const { events, pairs } = this.#data;
    const sections = [this.#head(), this.#eventTable(), this.#numberTable()];
    for (const event of events) sections.push(this.#groupTable(event));
    for (const pair of pairs) sections.push(this.#pair(pair));
    return sections
      .filter((lines) => lines.length > 0)
      .map((lines) => `${lines.join('\n')}\n`)
      .join('\n');
  }

  #head(): string[] {
    const { count, bytes, firstNs, lastNs, losses } = this.#data;
    const { style } = this.#options;
    const seconds = spanSeconds(this.#data);
    const rate = perSecond(count, this.#data);
    const during = seconds === undefined ? '' : ` in ${formatSeconds(seconds)}, ${rateText(rate)} a second`;
    const times = count === 0 || firstNs === undefined ? [] : [`from ${this.#time(firstNs)} to ${this.#time(lastNs)}`];
    const lost = lossesText(losses.discardedEvents, losses.discardedPackets, losses.unknownReports);
    return [
      `${style.bold(plural(count, 'event'))}${during}, ${formatBytes(bytes)}`,
      ...times,
      ...(lost === '' ? [] : [style.yellow(`The tracer discarded ${lost}.`)]),
    ];
  }

  #eventTable(): string[] {
    const { events } = this.#data;
    if (events.length === 0) return [];
    return this.#table([
      ['Events', 'count', 'per second', 'bytes', 'first', 'last'],
      ...events.map((event) => [`  ${visibleLine(event.name)}`, ...this.#countCells(event)]),
    ]);
  }

  #numberTable(): string[] {
    const withNumbers = this.#data.events.filter(({ fields }) => fields.length > 0);
    if (withNumbers.length === 0) return [];
    return this.#table([
      ['Numbers', 'minimum', 'median', 'p99', 'maximum'],
      ...withNumbers.flatMap(({ name, fields }) => [
        [`  ${visibleLine(name)}`],
        ...fields.map((field) => [`    ${visibleLine(field.name)}`, ...quantileCells(field, fieldNumberText(field))]),
      ]),
    ]);
  }

  /** The values of `--by`, the most frequent first. */
  #groupTable({ name, groups, ungrouped }: EventStatistics): string[] {
    const { by } = this.#options;
    if (groups.length === 0) return [];
    const title = `${visibleLine(name)} by ${by}`;
    if (groups.every(({ count }) => count === 1)) return [`${title}: ${plural(groups.length, 'value')}, each once`];
    const { shown, left } = this.#limited([...groups].sort((a, b) => b.count - a.count));
    return [
      ...this.#table([
        [title, 'count', 'minimum', 'median', 'p99', 'maximum'],
        ...shown.flatMap(({ value, count, fields }) => [
          [`  ${valueText(value)}`, formatCount(count), '', '', '', ''],
          ...fields
            .filter((field) => field.name !== by)
            .map((field) => [`    ${visibleLine(field.name)}`, '', ...quantileCells(field, fieldNumberText(field))]),
        ]),
      ]),
      ...left,
      ...this.#ungrouped(ungrouped, 'event'),
    ];
  }

  #pair(pair: PairStatistics): string[] {
    const { style } = this.#options;
    const { begin, end, relation, durations, bins, slowest } = pair;
    const unpaired = [
      ...(pair.beginsWithoutEnd > 0 ? [`${formatCount(pair.beginsWithoutEnd)} without an end`] : []),
      ...(pair.endsWithoutBegin > 0 ? [`${formatCount(pair.endsWithoutBegin)} without a begin`] : []),
      ...(pair.nestedCount > 0 ? [`${formatCount(pair.nestedCount)} nested`] : []),
    ];
    const title = `${style.bold(`${visibleLine(begin)} → ${visibleLine(end)}`)}, related by ${visibleLine(relation)}`;
    const counts = [plural(durations?.count ?? 0, 'pair'), ...unpaired].join(', ');
    if (durations === undefined) return [`${title}: ${counts}`];
    const [minimum, median, p99, maximum] = quantileCells(durations, durationText);
    return [
      `${title}: ${counts}`,
      `  minimum ${minimum}, median ${median}, p99 ${p99}, maximum ${maximum}`,
      ...this.#histogram(bins),
      ...this.#pairGroups(pair),
      ...(slowest.length === 0 ? [] : [`  ${style.bold('slowest')}`]),
      ...slowest.map(
        ({ durationNs, beginNs, fields }) =>
          `    ${durationText(durationNs).padStart(8)}  at ${this.#time(beginNs)}  ${fields.map(fieldText).join(', ')}`,
      ),
    ];
  }

  #histogram(bins: readonly DurationBin[]): string[] {
    const most = Math.max(...bins.map(({ count }) => count));
    const rows = bins.map(({ fromNs, toNs, count }) => [
      `  ${roundDurationText(fromNs).padStart(8)} –`,
      roundDurationText(toNs),
      formatCount(count),
    ]);
    const lines = tableLines(rows, Number.POSITIVE_INFINITY);
    const room = this.#options.width - Math.max(...lines.map(({ length }) => length)) - 2;
    const cells = Math.max(BAR_CELLS_MIN, Math.min(BAR_CELLS_MAX, room));
    return lines.map((line, i) => {
      const { count } = bins[i]!;
      const bar = '#'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * cells)));
      return `${line}  ${this.#options.style.cyan(bar)}`.trimEnd();
    });
  }

  #pairGroups({ groups, ungrouped }: PairStatistics): string[] {
    if (groups.length === 0) return [];
    const slowestFirst = [...groups].sort((a, b) => Number(b.durations.maximum) - Number(a.durations.maximum));
    const { shown, left } = this.#limited(slowestFirst);
    return [
      ...this.#table([
        [`  by ${this.#options.by}`, 'pairs', 'minimum', 'median', 'p99', 'maximum'],
        ...shown.map(({ value, durations }) => [
          `    ${valueText(value)}`,
          formatCount(durations.count),
          ...quantileCells(durations, durationText),
        ]),
      ]),
      ...left,
      ...this.#ungrouped(ungrouped, 'pair'),
    ];
  }

  #limited<T>(groups: readonly T[]): { readonly shown: readonly T[]; readonly left: readonly string[] } {
    const { limit } = this.#options;
    const shown = limit === 0 ? groups : groups.slice(0, limit);
    const count = groups.length - shown.length;
    return { shown, left: count === 0 ? [] : [`    … ${plural(count, 'more value')}; --limit 0 shows all`] };
  }

  #ungrouped(count: number, noun: string): string[] {
    return count === 0 ? [] : [`    ${plural(count, noun)} with further values: there are too many values`];
  }

  #countCells({ count, bytes, firstNs, lastNs }: CountedEvents): string[] {
    const rate = rateText(perSecond(count, this.#data));
    return [formatCount(count), rate, formatBytes(bytes), this.#shortTime(firstNs), this.#shortTime(lastNs)];
  }

  #table(rows: readonly (readonly string[])[]): string[] {
    const [head, ...lines] = tableLines(rows, this.#options.width);
    return [this.#options.style.bold(head!), ...lines];
  }

  #time(ns: bigint | undefined): string {
    return ns === undefined ? '' : this.#timeFormat.text(instantOf(ns));
  }

  #shortTime(ns: bigint | undefined): string {
    const time = this.#time(ns);
    return this.#options.width >= FULL_TIMES_WIDTH ? time : time.replace(/(\.\d{3})\d{6}$/, '$1');
  }
}

function quantileCells(
  { minimum, median, p99, maximum, isExact }: NumberQuantiles,
  text: (value: number | bigint) => string,
): string[] {
  return [text(minimum), quantileText(median, isExact, text), quantileText(p99, isExact, text), text(maximum)];
}

function fieldNumberText({ base }: FieldStatistics): (value: number | bigint) => string {
  return base === 16 ? hexText : numberText;
}

function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return '';
  return perSecond >= 100 ? formatCount(perSecond) : String(Number(perSecond.toPrecision(3)));
}

function fieldText([name, value]: readonly [string, PlainValue]): string {
  return `${visibleLine(name)} = ${valueText(value)}`;
}

function valueText(value: PlainValue): string {
  if (typeof value === 'string')
    return jsonLike(value.length > TEXT_LENGTH_MAX ? `${value.slice(0, TEXT_LENGTH_MAX)}…` : value);
  return typeof value === 'boolean' ? String(value) : numberText(value);
}

function jsonLike(text: string): string {
  return `"${visibleLine(text)}"`;
}
