import { type Finding, type Findings, findings, runHandler } from '@ringtail/analyses';
import { openTraces } from '@ringtail/reader';
import { shellQuote } from '../../output/quantity.ts';
import { findingText } from './finding-words.ts';
import { reportJson } from './report-json.ts';
import { spanTables } from './report-sections.ts';

/** Larger traces are not read at the end of a recording: it would take seconds. */
const BYTES_MAX = 64 * 1024 * 1024;
const FINDINGS_SHOWN_MAX = 5;

/** The report at the end of a recording, in a few lines and for programs. */
export interface RecordedReport {
  /** A label and a text for each line; none where there is nothing to report. */
  readonly lines: readonly (readonly [label: string, text: string])[];
  /** Null where the trace was not read. */
  readonly json: ReturnType<typeof reportJson> | null;
}

/**
 * Reads a finished trace for its report. Damaged packets are left out.
 *
 * @throws {RingtailError} if nothing there can be read
 */
export function recordedReport(path: string, bytes: number): RecordedReport {
  const command = `ringtail report ${shellQuote(path)}`;
  if (bytes > BYTES_MAX) return { lines: [['report', command]], json: null };
  const reader = openTraces([path], { onError: () => undefined });
  const handler = findings();
  try {
    runHandler(reader, handler);
  } finally {
    reader.close();
  }
  const data = handler.data();
  return { lines: linesOf(data, path, command), json: reportJson(data, [path]) };
}

/** As many findings as are shown, in their order: the first one of each rule before further ones of a rule. */
export function shownFindings<Found extends Pick<Finding, 'rule'>>(all: readonly Found[]): Found[] {
  const firsts = new Map(all.toReversed().map((one) => [one.rule, one]));
  const isFirst = (one: Found) => firsts.get(one.rule) === one;
  const chosen = [...all.filter(isFirst), ...all.filter((one) => !isFirst(one))].slice(0, FINDINGS_SHOWN_MAX);
  return all.filter((one) => chosen.includes(one));
}

function linesOf(data: Findings, path: string, command: string): RecordedReport['lines'] {
  const [slowest] = spanTables(data, [path]);
  const found = shownFindings(data.findings);
  const further = data.findings.length - found.length;
  if (slowest === undefined && found.length === 0) return [];
  const [name, count, median, p99, maximum] = slowest?.rows[0] ?? [];
  return [
    ...(name === undefined
      ? []
      : [['slowest', `${name}: ${count} in all, median ${median}, p99 ${p99}, maximum ${maximum}`] as const]),
    ...found.map((finding, i) => [i === 0 ? 'found' : '', findingText(finding)] as const),
    ['report', further > 0 ? `${command}  (${further} more)` : command],
  ];
}
