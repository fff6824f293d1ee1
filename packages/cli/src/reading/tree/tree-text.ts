import { durationNs, type LogNode, logDurationNs, type SpanNode, type SpanTreeData } from '@ringtail/analyses';
import { type Instant, nanosecondsOf } from '@ringtail/base';
import { TimeFormat } from '@ringtail/reader';
import { formatCount } from '../../output/quantity.ts';
import type { Style } from '../../output/style.ts';
import { shown } from '../report/finding-words.ts';
import { durationText } from '../statistics/number-text.ts';
import { detailOf } from './node-detail.ts';

interface TreeLayout {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
  readonly isUtc: boolean;
  /** Number of spans among which this one was chosen. */
  readonly candidates: number;
}

/** A line of the tree. Nanoseconds count from the begin of the root. */
interface Row {
  readonly branch: string;
  readonly name: string;
  readonly detail: string;
  readonly from: number;
  /** Undefined for an event without a duration. */
  readonly ns: number | undefined;
  readonly isFailed: boolean;
}

const BAR_LENGTH = 24;
const TIME_LENGTH = 8;
/** Spans of one name, one after the other and without parts, of which the first ones are drawn. */
const RUN_SHOWN = 5;
const RUN_MIN = RUN_SHOWN + 3;

/** The tree for people: when each part began, how long it was, and a bar that shows both. */
export function treeText({ root }: SpanTreeData, { width, style, isUtc, candidates }: TreeLayout): string {
  const { span } = root;
  const origin = nanosecondsOf(span.begin);
  const rows: Row[] = [rowOf(root, origin, '')];
  addRows(rows, root, origin, '');
  const total = Math.max(1, durationNs(span));
  return [head(root, isUtc, candidates), ...rows.map((row) => lineOf(row, total, width, style)), ''].join('\n');
}

function head({ span }: SpanNode, isUtc: boolean, candidates: number): string {
  const { 'process.executable.name': program, 'process.pid': pid } = span.resource.attributes;
  const time = new TimeFormat({ utc: isUtc }, () => {}).text(span.begin);
  const request = span.attributes.request_id;
  const what = request === undefined ? 'span' : `request ${request}`;
  const where = [program, pid !== undefined && `process ${pid}`].filter(Boolean).join(', ');
  const slowest = candidates > 1 ? `, the slowest of ${formatCount(candidates)}` : '';
  return `${shown(`${what} of ${where || 'the trace'} at ${time}${slowest}`)}\n`;
}

function addRows(rows: Row[], { children }: SpanNode, origin: bigint, indent: string): void {
  const groups = runsOf(children);
  for (const [i, run] of groups.entries()) {
    const isLast = i === groups.length - 1;
    const isCut = run.length >= RUN_MIN;
    const drawn = isCut ? run.slice(0, RUN_SHOWN) : run;
    for (const [j, node] of drawn.entries()) {
      const ends = isLast && !isCut && j === drawn.length - 1;
      rows.push(rowOf(node, origin, `${indent}${ends ? '└─ ' : '├─ '}`));
      if ('span' in node) addRows(rows, node, origin, `${indent}${ends ? '   ' : '│  '}`);
    }
    if (isCut) rows.push(rowOfRest(run.slice(RUN_SHOWN), origin, `${indent}${isLast ? '└─ ' : '├─ '}`));
  }
}

/** Neighbours with one name and without parts, which are drawn in short. */
function runsOf(nodes: SpanNode['children']): (SpanNode | LogNode)[][] {
  const runs: (SpanNode | LogNode)[][] = [];
  for (const node of nodes) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (before !== undefined && isLeaf(node) && isLeaf(before) && nameOf(before) === nameOf(node)) last!.push(node);
    else runs.push([node]);
  }
  return runs;
}

function isLeaf(node: SpanNode | LogNode): boolean {
  return 'log' in node || node.children.length === 0;
}

/** Events of the runtime about a time span, in words. */
const LOG_NAMES: Readonly<Record<string, string>> = {
  'node_eventloop:stall': 'event loop blocked',
  'node_gc:collection': 'garbage collection',
};

function nameOf(node: SpanNode | LogNode): string {
  return 'span' in node ? node.span.name : (LOG_NAMES[node.log.name] ?? node.log.name);
}

function beginOf(node: SpanNode | LogNode): Instant {
  return 'span' in node ? node.span.begin : (node.log.begin ?? node.log.at);
}

function nsOf(node: SpanNode | LogNode): number | undefined {
  return 'span' in node ? durationNs(node.span) : logDurationNs(node.log);
}

function rowOf(node: SpanNode | LogNode, origin: bigint, branch: string): Row {
  return {
    branch,
    name: shown(nameOf(node)),
    detail: shown(detailOf(node)),
    from: Number(nanosecondsOf(beginOf(node)) - origin),
    ns: nsOf(node),
    isFailed: 'span' in node && node.span.error !== undefined,
  };
}

function rowOfRest(run: readonly (SpanNode | LogNode)[], origin: bigint, branch: string): Row {
  const [first] = run;
  const durations = run.map(nsOf).filter((ns) => ns !== undefined);
  const sum = durations.reduce((total, ns) => total + ns, 0);
  const longest = durations.reduce((a, b) => Math.max(a, b), 0);
  const from = Number(nanosecondsOf(beginOf(first!)) - origin);
  const ends = run.map((node) => Number(nanosecondsOf(beginOf(node)) - origin) + (nsOf(node) ?? 0));
  const time = durations.length === 0 ? '' : `, ${durationText(sum)} in all, at most ${durationText(longest)}`;
  const name = `${run.length} more of ${shown(nameOf(first!))}`;
  return { branch, name, detail: time.slice(2), from, ns: Math.max(...ends) - from, isFailed: false };
}

function lineOf({ branch, name, detail, from, ns, isFailed }: Row, total: number, width: number, style: Style): string {
  const times = `${timeText(from)} ${ns === undefined ? ' '.repeat(TIME_LENGTH) : durationText(ns).padStart(TIME_LENGTH)}`;
  const start = `${times}  ${barOf(from, ns, total)}  ${branch}`;
  const room = Math.max(0, width - start.length);
  const label = name.slice(0, room);
  const more = detail === '' ? '' : `  ${detail}`.slice(0, room - label.length);
  return `${start}${isFailed ? style.red(label) : style.bold(label)}${style.dim(more)}`.trimEnd();
}

/** Spans may begin before the root: a garbage collection that has just begun. */
function timeText(ns: number): string {
  return `${ns < 0 ? '-' : '+'}${durationText(Math.abs(ns))}`.padStart(TIME_LENGTH + 1);
}

function barOf(from: number, ns: number | undefined, total: number): string {
  const column = (at: number) => Math.min(BAR_LENGTH, Math.max(0, (at / total) * BAR_LENGTH));
  const begin = Math.min(BAR_LENGTH - 1, Math.floor(column(from)));
  if (ns === undefined) return `${'·'.repeat(begin)}◆${'·'.repeat(BAR_LENGTH - begin - 1)}`;
  const end = Math.max(begin + 1, Math.round(column(from + ns)));
  return `${'·'.repeat(begin)}${'█'.repeat(end - begin)}${'·'.repeat(BAR_LENGTH - end)}`;
}
