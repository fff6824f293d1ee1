import { formatBytes, formatCount, formatSeconds, plural } from '../output/quantity.ts';
import type { Style } from '../output/style.ts';
import type { FoundTrace, RecordedTrace } from './recorded-traces.ts';

const COLUMNS = ['recorded', 'duration', 'size', 'events'] as const;

/** The listing for people: a line for each trace, and the sum of their sizes. */
export function describeTraces(style: Style, directory: string, traces: readonly RecordedTrace[]): string {
  const rows = [['name', ...COLUMNS], ...traces.map(cellsOf)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[], rest: string): string => {
    const [name, ...others] = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    return `  ${[style.bold(name!), ...others, rest].join('  ')}`.trimEnd();
  };
  return [
    `Traces in ${directory}:`,
    line(rows[0]!, 'programs'),
    ...traces.map((trace, i) => line(rows[i + 1]!, restOf(style, trace))),
    sumOf(traces),
  ].join('\n');
}

/** `3 traces, 1.5 GiB`. */
export function sumOf(traces: readonly FoundTrace[]): string {
  return `${plural(traces.length, 'trace')}, ${formatBytes(traces.reduce((sum, { bytes }) => sum + bytes, 0))}`;
}

function cellsOf({ name, bytes, writtenMs, content }: RecordedTrace): string[] {
  const { beginNs, endNs, events } = content;
  const begin = beginNs === null ? writtenMs : Number(beginNs / 1_000_000n);
  const duration =
    beginNs === null || endNs === null || endNs < beginNs ? '' : formatSeconds(Number(endNs - beginNs) / 1e9);
  const count = events === null ? '?' : `${events.isExact ? '' : '~'}${formatCount(events.count)}`;
  return [name, localTime(new Date(begin)), duration, formatBytes(bytes), count];
}

/** Programs, and where the trace is not complete, why. */
function restOf(style: Style, { state, session, content }: RecordedTrace): string {
  const by = session === null ? '' : `, session ${session}`;
  const note = { complete: '', recorded: `being recorded${by}`, open: `not destroyed${by}`, 'cut short': 'cut short' }[
    state
  ];
  const notes = [note, content.problem ?? ''].filter((text) => text !== '').map((text) => style.yellow(`[${text}]`));
  return [content.programs.join(', '), ...notes].filter((text) => text !== '').join(' ');
}

/** `2026-11-20 16:04:49`. */
function localTime(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
