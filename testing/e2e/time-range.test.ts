import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type OpenOptions, openTraces, printDetails, printPretty, writeCtf } from '@ringtail/reader';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { casePath, corpusCases } from '../corpus.ts';
import { requirePeer } from '../peers.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { type BoundsFault, boundsFaults, writeTraceWithBounds } from './traces-with-bounds.ts';

const babeltrace2 = requirePeer('babeltrace2', 'time ranges and intersections, by another reader');
const cases = corpusCases('1.8', 'time ranges of the traces of other tracers');

const random = new SeededRandom(runSeed('time ranges'));
const wrongBounds = casePath('begin-end-outside-packet-bounds', 'a trace of lttng-crash, cut by time');
/** Number of ranges for each trace. */
const RANGE_COUNT = Number(process.env.RINGTAIL_RANGES ?? 2);
/** Number of traces for each fault. */
const TRACE_COUNT = 6;

let root: string;
let judgedCount = 0;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-range-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

afterAll(() => {
  process.stderr.write(`${judgedCount} time ranges judged by babeltrace2 \n`);
});

interface Cut {
  readonly begin?: bigint | undefined;
  readonly end?: bigint | undefined;
  readonly streamIntersection?: boolean;
}

describe.skipIf(babeltrace2 === undefined || cases.length === 0)("a time range of another tracer's trace", () => {
  it.each(cases)('has the events of $name that babeltrace2 finds', ({ path: trace }) => {
    expectJudgedCuts(trace);
  });
});

describe.skipIf(babeltrace2 === undefined || wrongBounds === undefined)('a time range', () => {
  it.each(['event-after-packet-end', 'lttng-crash-2.13.9'])('of %s has the events that babeltrace2 finds', (name) => {
    expectJudgedCuts(path.join(wrongBounds!, name));
  });
});

describe.skipIf(babeltrace2 === undefined)('a time range of a trace', () => {
  it.each([...boundsFaults])('has the events that babeltrace2 finds if packets have %s', (fault: BoundsFault) => {
    for (let i = 0; i < TRACE_COUNT; i++) {
      const trace = path.join(root, `trace-${i}`);
      writeTraceWithBounds(trace, fault, random);
      expectJudgedCuts(trace);
    }
  });
});

describe.skipIf(babeltrace2 === undefined)('the details of a trace', () => {
  it.each([...boundsFaults])('date packets as babeltrace2 does if they have %s', (fault: BoundsFault) => {
    for (let i = 0; i < TRACE_COUNT; i++) {
      const trace = path.join(root, `trace-${i}`);
      writeTraceWithBounds(trace, fault, random);
      const { stdout } = spawnSync(babeltrace2!, [trace, '-c', 'sink.text.details']);
      expect(datedMessages(detailsOf(trace))).toEqual(datedMessages(stdout.toString()));
    }
  });
});

function expectJudgedCuts(trace: string): void {
  const times = timesOf(trace);
  const some = () => random.pick(times) + BigInt(random.between(-1, 1));
  const cuts: Cut[] = [{ streamIntersection: true }];
  for (let i = 0; i < RANGE_COUNT && times.length > 0; i++) {
    const [a, b] = [some(), some()];
    const [begin, end] = a < b ? [a, b] : [b, a];
    cuts.push([{ begin }, { end }, { begin, end }, { begin, end, streamIntersection: true }][i % 4]!);
  }
  for (const cut of cuts) expectJudged(trace, cut);
}

function expectJudged(trace: string, cut: Cut): void {
  const wanted = judge(trace, cut);
  if (wanted === undefined) return;
  judgedCount++;
  const shown = `${trace} ${JSON.stringify(cut, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`;
  const text = textOf(trace, optionsOf(cut));
  expect(headsOf(text), shown).toEqual(headsOf(wanted));
  expect(datesOf(text), shown).toEqual(datesOf(wanted));
  const copy = path.join(root, 'copy');
  const reader = openTraces(trace, { ...optionsOf(cut), keepsHeaders: true });
  try {
    writeCtf(reader, copy, { version: 1 });
  } finally {
    reader.close();
  }
  // babeltrace2 cannot read a copy without data streams.
  if (wanted !== '') expect(headsOf(judge(copy, {}) ?? 'refused'), `${shown}, converted`).toEqual(headsOf(wanted));
  fs.rmSync(copy, { recursive: true });
}

/** Undefined if babeltrace2 refuses the trace or the cut. */
function judge(trace: string, { begin, end, streamIntersection }: Cut): string | undefined {
  const args = ['--clock-gmt', '--no-delta'];
  if (begin !== undefined) args.push(`--begin=${inSeconds(begin)}`);
  if (end !== undefined) args.push(`--end=${inSeconds(end)}`);
  if (streamIntersection) args.push('--stream-intersection');
  const { status, stdout } = spawnSync(babeltrace2!, [...args, trace], { maxBuffer: 1 << 28 });
  return status === 0 ? stdout.toString('latin1') : undefined;
}

function optionsOf({ begin, end, streamIntersection = false }: Cut): OpenOptions {
  const bound = (ns: bigint | undefined) => (ns === undefined ? undefined : ({ kind: 'instant', ns } as const));
  return { begin: bound(begin), end: bound(end), streamIntersection };
}

function inSeconds(ns: bigint): string {
  const digits = String(ns < 0n ? -ns : ns).padStart(10, '0');
  return `${ns < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function timesOf(trace: string): bigint[] {
  const reader = openTraces(trace, { onError: () => {} });
  try {
    return [...reader].flatMap((m) =>
      m.kind === 'event' && m.stream.clockClass !== undefined ? [m.at as bigint] : [],
    );
  } finally {
    reader.close();
  }
}

function textOf(trace: string, options: OpenOptions): string {
  const pieces: Buffer[] = [];
  const reader = openTraces(trace, options);
  try {
    const write = (piece: string | Uint8Array) => pieces.push(Buffer.from(piece as string)) > 0;
    printPretty(reader, { write, writeBytes: write }, { utc: true, delta: false });
  } finally {
    reader.close();
  }
  return Buffer.concat(pieces).toString('latin1');
}

/** Times and names, since Babeltrace 2.0 prints some values differently. Events of equal time have no order. */
function headsOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/: .*/, ''))
    .sort();
}

/** Times in the order in which they are printed. */
function datesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/\].*/, ''));
}

function detailsOf(trace: string): string {
  const pieces: string[] = [];
  const reader = openTraces(trace, { boundaries: true });
  try {
    printDetails(reader, { write: (piece) => pieces.push(piece) > 0 });
  } finally {
    reader.close();
  }
  return pieces.join('');
}

/** The messages of data streams with their times. Babeltrace 2.0 prints the part before them differently. */
function datedMessages(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^(\[|\{Trace|Packet|Event|Stream|Discarded)/.test(line));
  return lines.slice(lines.findIndex((line) => line.includes('cycles')));
}
