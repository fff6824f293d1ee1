import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type ClockClass,
  type EventHandler,
  type EventMessage,
  type FieldValue,
  type Message,
  type StructureValue,
  TextView,
} from '@ringtail/ctf';
import { EventVisitor } from '@ringtail/ctf/internal';
import {
  eventChoice,
  eventJson,
  openTraces,
  type PrettyOptions,
  printCsv,
  printDetails,
  printJson,
  printPretty,
  visitEvents,
  writeCtf,
} from '@ringtail/reader';
import type { WrittenEvent, WrittenTrace } from './random-packets.ts';
import { DEFAULT_STYLE, randomStyle } from './random-style.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A written event with its data stream and its time. */
interface Placed {
  readonly streamIdx: number;
  readonly at: bigint;
  readonly event: WrittenEvent;
}

/** A difference between the written and the read values. */
class Difference extends Error {}

/** Writes a trace into a new directory. */
export function storeTrace({ metadata, streams }: WrittenTrace, directory: string): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'metadata'), metadata);
  for (const { name, bytes } of streams) writeFileSync(join(directory, name), bytes);
}

/**
 * Reads a trace in every way, and compares each result with the values that were written.
 *
 * @param directory of the trace; others are made beside it and removed
 * @throws {Difference}
 */
export function checkReading(random: SeededRandom, trace: WrittenTrace, directory: string): void {
  const expected = placedEvents(trace);
  checkMessages(expected, directory);
  for (const { options } of [DEFAULT_STYLE, randomStyle(random)]) checkText(directory, options);
  compareLines(
    'details',
    described(directory),
    described(directory, () => true),
  );
  checkVisits(random, expected, directory);
  checkJson(expected, directory);
  checkChoice(random, expected, directory);
  checkCopies(random, trace, expected, directory);
}

/** All events in the reading order. */
function placedEvents({ class: { clockClasses }, streams }: WrittenTrace): Placed[] {
  const [clock] = clockClasses;
  const placed = streams.flatMap(({ events }, streamIdx) =>
    events.map((event): Placed => ({ streamIdx, at: clock === undefined ? 0n : timeOf(clock, event.cycles), event })),
  );
  return placed.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at) || a.streamIdx - b.streamIdx));
}

/** Nanoseconds from the clock's origin. As in Babeltrace, the offset is converted separately. */
function timeOf({ frequency, offsetSeconds, offsetCycles }: ClockClass, cycles: bigint): bigint {
  const elapsed = (count: bigint) => (count * 1_000_000_000n) / frequency;
  return offsetSeconds * 1_000_000_000n + elapsed(offsetCycles) + elapsed(cycles);
}

function partsOf(event: EventMessage | WrittenEvent, left: readonly string[]) {
  const { commonContext, specificContext, payload } = event;
  const whole = 'packet' in event ? event.packet.context : event.packetContext;
  const packetContext = whole && Object.fromEntries(Object.entries(whole).filter(([name]) => !left.includes(name)));
  return { name: event.class.name, cycles: event.cycles, packetContext, commonContext, specificContext, payload };
}

/** @param left members of packet contexts that are not compared */
function checkMessages(
  expected: readonly Placed[],
  directory: string,
  keep?: Keep,
  left: readonly string[] = [],
): void {
  const reader = openTraces(directory, { keep });
  let count = 0;
  try {
    for (const message of reader) {
      if (message.kind !== 'event') continue;
      const wanted = expected[count++];
      if (wanted === undefined) throw new Difference(`more than ${expected.length} events are read`);
      const found = { ...partsOf(message, left), at: message.at };
      compare('decoded', wanted.event, found, { ...partsOf(wanted.event, left), at: wanted.at });
    }
  } finally {
    reader.close();
  }
  if (count !== expected.length) throw new Difference(`${count} of ${expected.length} events are read`);
}

/** @throws {Difference} with the place */
function compare(way: string, { class: { name } }: WrittenEvent, found: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(found, wanted)) return;
  const place = firstDifference(found, wanted, []);
  throw new Difference(`${way}: ${name}: ${place}`);
}

function firstDifference(found: unknown, wanted: unknown, path: readonly string[]): string {
  const [own, other] = [membersOf(found), membersOf(wanted)];
  for (const key of new Set([...Object.keys(other), ...Object.keys(own)])) {
    if (!isDeepStrictEqual(own[key], other[key])) return firstDifference(own[key], other[key], [...path, key]);
  }
  return `${path.join('.')} is ${show(found)} instead of ${show(wanted)}`;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function show(value: unknown): string {
  return typeof value === 'bigint'
    ? `${value}n`
    : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v));
}

function printed(directory: string, style: PrettyOptions, way: 'compiled' | 'general', keep?: Keep): string {
  const pieces: string[] = [];
  const reader = openTraces(directory, { keep });
  try {
    // A generator is not a reader, so its messages are printed one by one.
    const messages = way === 'compiled' ? reader : oneByOne(reader);
    printPretty(messages, { write: (piece) => pieces.push(piece) > 0 }, style);
  } finally {
    reader.close();
  }
  return pieces.join('');
}

type Keep = ((event: EventMessage) => boolean) | undefined;

function* oneByOne(messages: Iterable<Message>): Iterable<Message> {
  yield* messages;
}

function checkText(directory: string, style: PrettyOptions, keep?: Keep): void {
  compareLines(
    `text, ${JSON.stringify(style)}`,
    printed(directory, style, 'compiled', keep),
    printed(directory, style, 'general', keep),
  );
}

/** @throws {Difference} that shows the first line that differs */
export function compareLines(way: string, found: string, wanted: string): void {
  if (found === wanted) return;
  const [own, other] = [found.split('\n'), wanted.split('\n')];
  const line = own.findIndex((text, i) => text !== other[i]);
  throw new Difference(`${way}: line ${line + 1} of ${own.length}: ${own[line]}\ninstead of: ${other[line]}`);
}

/** @param keep with a choice of events, all are messages, and generated code prints none */
function described(directory: string, keep?: Keep): string {
  const pieces: string[] = [];
  const reader = openTraces(directory, { boundaries: true, keep });
  try {
    printDetails(reader, { write: (piece) => pieces.push(piece) > 0 });
  } finally {
    reader.close();
  }
  return pieces.join('');
}

function plain(value: FieldValue | TextView): unknown {
  return value instanceof TextView ? value.toString() : value;
}

const PREFIXES = { payload: '', commonContext: '$ctx.', specificContext: '$event.' } as const;

/** Some event classes with all of their payload, some with fields from everywhere, some not at all. */
function checkVisits(random: SeededRandom, expected: readonly Placed[], directory: string): void {
  const handlers: Record<string, EventHandler> = {};
  let at = 0;
  const wantedFields = new Map<string, readonly string[] | undefined>();
  for (const { event } of expected) {
    const { name } = event.class;
    if (!wantedFields.has(name) && !random.oneIn(4)) wantedFields.set(name, randomFields(random, event));
  }
  const wanted = expected.filter(({ event }) => wantedFields.has(event.class.name));
  for (const [name, fields] of wantedFields) {
    handlers[name] = {
      ...(fields && { fields }),
      handle(view, ...values) {
        const placed = wanted[at++];
        if (placed === undefined) throw new Difference(`visitor: more than ${wanted.length} events`);
        const { event } = placed;
        const found = { name: view.name, cycles: view.cycles, at: view.at, values: values.map(plain) };
        const own = fields === undefined ? Object.values(event.payload ?? {}) : fields.map((f) => fieldAt(event, f));
        compare('visitor', event, found, { name: event.class.name, cycles: event.cycles, at: placed.at, values: own });
      },
    };
  }
  const reader = openTraces(directory);
  try {
    visitEvents(reader, handlers);
  } finally {
    reader.close();
  }
  if (at !== wanted.length) throw new Difference(`visitor: ${at} of ${wanted.length} events`);
}

/** @returns undefined for the whole payload */
function randomFields(random: SeededRandom, event: WrittenEvent): readonly string[] | undefined {
  if (random.oneIn(2)) return undefined;
  const names = Object.entries(PREFIXES).flatMap(([scope, prefix]) =>
    Object.keys(event[scope as keyof typeof PREFIXES] ?? {}).map((name) => prefix + name),
  );
  return random.shuffled([...names, 'missing']).slice(0, random.between(0, 4));
}

function fieldAt(event: WrittenEvent, field: string): FieldValue {
  const of = (structure: StructureValue | undefined, name: string) => structure?.[name];
  if (field.startsWith('$ctx.')) return of(event.commonContext, field.slice(5));
  return field.startsWith('$event.') ? of(event.specificContext, field.slice(7)) : of(event.payload, field);
}

/** JSON has a line for each event; tables are the same whether messages come one by one or not. */
function checkJson(expected: readonly Placed[], directory: string): void {
  const lines: string[] = [];
  let reader = openTraces(directory);
  printJson(reader, { write: (piece) => lines.push(piece) > 0 });
  reader.close();
  reader = openTraces(directory);
  const events = [...reader].filter((message) => message.kind === 'event') as EventMessage[];
  reader.close();
  const own = events.map((event) => `${JSON.stringify(eventJson(event))}\n`).join('');
  compareLines('JSON', lines.join(''), own);
  if (events.length !== expected.length) throw new Difference(`JSON: ${events.length} of ${expected.length} events`);
  const tables = [oneByOne, (messages: Iterable<Message>) => messages].map((way) => {
    const pieces: string[] = [];
    const again = openTraces(directory);
    printCsv(again.traces, way(again), { write: (piece) => pieces.push(piece) > 0 });
    again.close();
    return pieces.join('');
  });
  compareLines('CSV', tables[1]!, tables[0]!);
}

/** A choice by names, and by the value of a field. */
function checkChoice(random: SeededRandom, expected: readonly Placed[], directory: string): void {
  if (expected.length === 0) return;
  const { event } = random.pick(expected);
  const byName = eventChoice({ names: [event.class.name] });
  checkMessages(
    expected.filter((placed) => placed.event.class === event.class),
    directory,
    byName,
  );
  const [name, value] = random.pick(Object.entries(event.payload ?? {}).filter(isComparable)) ?? [];
  if (name === undefined) return;
  const literal = typeof value === 'string' ? `"${value}"` : String(value);
  const keep = eventChoice({ filters: [`${name} == ${literal}`] });
  const kept = expected.filter((placed) => fieldAt(placed.event, name) === value);
  checkMessages(kept, directory, keep);
  checkText(directory, DEFAULT_STYLE.options, keep);
}

/** Fields that a filter can name and compare exactly. */
function isComparable([name, value]: readonly [string, FieldValue]): boolean {
  if (!/^[A-Za-z_]\w*$/.test(name)) return false;
  return typeof value === 'string' ? /^[a-z ]+$/.test(value) : Number.isSafeInteger(value);
}

/** Packet context fields that change when some events are left out. */
const OF_WHOLE_PACKETS = ['content_size', 'packet_size', 'timestamp_begin', 'timestamp_end', 'packet_seq_num'];

/** Traces that are copied, whole or in part, have the same values. */
function checkCopies(random: SeededRandom, trace: WrittenTrace, expected: readonly Placed[], directory: string): void {
  if (expected.length === 0) return;
  const { event } = random.pick(expected);
  const keep = eventChoice({ names: [event.class.name] });
  const kept = expected.filter((placed) => placed.event.class === event.class);
  const copy = `${directory}-copy`;
  const inCopy = (choice: Keep, check: () => void) => {
    const reader = openTraces(directory, { keep: choice, keepsHeaders: true });
    try {
      writeCtf(reader, copy, { version: trace.class.version.major });
      check();
    } catch (error) {
      throw error instanceof Difference ? new Difference(`copy: ${error.message}`) : error;
    } finally {
      reader.close();
      rmSync(copy, { recursive: true, force: true });
    }
  };
  inCopy(undefined, () => checkMessages(expected, copy));
  inCopy(keep, () => checkMessages(kept, copy, undefined, OF_WHOLE_PACKETS));
}

/** Number of events that generated code reads. */
export function generatedCount(directory: string, eventCount: number): number {
  let general = 0;
  const visitor = new EventVisitor({});
  const reader = openTraces(directory);
  try {
    const loopFor: EventVisitor['loopFor'] = (...stream) => visitor.loopFor(...stream);
    reader.drain({ isWanted: true, take: () => general++, loopFor });
  } finally {
    reader.close();
  }
  return eventCount - general;
}
