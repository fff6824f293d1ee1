import type { Instant } from '@ringtail/base';
import { jsonText } from '@ringtail/base/text';
import { attributeValue, wellFormed } from '../telemetry/attributes.ts';
import { ChromeProfiles } from './chrome-profiles.ts';
import { flowNumber } from './flow-number.ts';
import type {
  EventArguments,
  LaneGroup,
  TimelineGauge,
  TimelineInstant,
  TimelineProcess,
  TimelineSamples,
  TimelineSlice,
  TimelineThread,
  TimelineWriter,
} from './timeline-records.ts';

const SECONDS_PER_DAY = 86_400;
const NS_PER_S = 1e9;
const NS_PER_US = 1000;
const PART_LENGTH = 1 << 16;

/**
 * Writes a timeline as Trace Event JSON. Times are microseconds with three decimals. They count from midnight (UTC) of
 * the day before the first event: a number in a viewer, of 53 bits, then holds the nanoseconds of 100 days.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export class ChromeWriter implements TimelineWriter {
  readonly #write: (text: string) => boolean;
  readonly #exporter: string;
  readonly #known = new Set<TimelineProcess | TimelineThread>();
  readonly #profiles = new ChromeProfiles();
  #text = '';
  #separator = '';
  #zeroNs = 0;
  isWanted = true;

  /** @param write returns false if no more text is wanted */
  constructor(write: (text: string) => boolean, exporter: string) {
    this.#write = write;
    this.#exporter = exporter;
  }

  start({ seconds }: Instant, isDate: boolean): void {
    const zeroSeconds = (Math.floor(seconds / SECONDS_PER_DAY) - 1) * SECONDS_PER_DAY;
    this.#zeroNs = (seconds - zeroSeconds) * NS_PER_S;
    const zero = isDate && seconds > 0 ? { zero: new Date(zeroSeconds * 1000).toISOString() } : {};
    const data = jsonText({ exporter: this.#exporter, ...zero });
    this.#text = `{"displayTimeUnit":"ns","otherData":${data},"traceEvents":[`;
  }

  slice(slice: TimelineSlice): void {
    const { thread, group, begin, end, isUnfinished } = slice;
    const head = `${this.#head(slice, group?.lane.name ?? slice.category)}${flowText(slice)}`;
    const args = `"args":${argumentsText(slice.args, isUnfinished)}`;
    const ts = `"ts":${this.#time(begin)}`;
    if (group === undefined) {
      this.#event(thread, `{"ph":"X",${head},${ts},"dur":${microseconds(end - begin)},${args}}`);
      return;
    }
    const id = idText(group);
    this.#event(thread, `{"ph":"b",${head},${id},${ts},${args}}`);
    this.#event(thread, `{"ph":"e",${this.#head(slice, group.lane.name)},${id},"ts":${this.#time(end)}}`);
  }

  instant(instant: TimelineInstant): void {
    const head = this.#head(instant, instant.category);
    const args = argumentsText(instant.args, false);
    this.#event(instant.thread, `{"ph":"i","s":"t",${head},"ts":${this.#time(instant.at)},"args":${args}}`);
  }

  gauge({ thread, name, unit, at, value }: TimelineGauge): void {
    // Viewers know gauges of processes only.
    const isMain = thread.tid === thread.process.pid;
    const head = this.#head({ thread, name: isMain ? name : `${name}, thread ${thread.tid}` }, 'gauge');
    this.#event(thread, `{"ph":"C",${head},"ts":${this.#time(at)},"args":{"${unit}":${value}}}`);
  }

  samples(samples: TimelineSamples): void {
    const { thread, times } = samples;
    for (const { name, id, args } of this.#profiles.events(samples, this.#zeroNs)) {
      const head = this.#head({ thread, name }, 'disabled-by-default-v8.cpu_profiler');
      this.#event(thread, `{"ph":"P",${head},"id":"${id}","ts":${this.#time(times[0]!)},"args":${args}}`);
    }
  }

  finish(): void {
    this.#text += '\n]}\n';
    this.#flush();
  }

  #head({ thread, name }: { readonly thread: TimelineThread; readonly name: string }, category: string): string {
    return `"pid":${thread.process.pid},"tid":${thread.tid},"cat":${textOf(category)},"name":${textOf(name)}`;
  }

  #event(thread: TimelineThread, text: string): void {
    if (!this.#known.has(thread)) this.#describe(thread);
    this.#line(text);
  }

  #describe(thread: TimelineThread): void {
    const { process } = thread;
    if (!this.#known.has(process)) {
      this.#known.add(process);
      this.#metadata(thread, 'process_name', { name: wellFormed(process.name) });
      if (process.host !== undefined) this.#metadata(thread, 'process_labels', { labels: wellFormed(process.host) });
    }
    this.#known.add(thread);
    this.#metadata(thread, 'thread_name', { name: wellFormed(thread.name) });
  }

  #metadata(thread: TimelineThread, name: string, args: Readonly<Record<string, string>>): void {
    this.#line(`{"ph":"M",${this.#head({ thread, name }, '__metadata')},"ts":0,"args":${jsonText(args)}}`);
  }

  #line(text: string): void {
    this.#text += `${this.#separator}\n${text}`;
    this.#separator = ',';
    if (this.#text.length >= PART_LENGTH) this.#flush();
  }

  #flush(): void {
    if (this.isWanted) this.isWanted = this.#write(this.#text);
    this.#text = '';
  }

  #time(at: number): string {
    return microseconds(this.#zeroNs + at);
  }
}

function textOf(name: string): string {
  return jsonText(wellFormed(name));
}

function microseconds(ns: number): string {
  const positive = Math.abs(ns);
  const below = positive % NS_PER_US;
  return `${ns < 0 ? '-' : ''}${(positive - below) / NS_PER_US}.${String(below).padStart(3, '0')}`;
}

/** Slices of a group have one identifier, and lie in each other. */
function idText({ id }: LaneGroup): string {
  return `"id2":{"local":"0x${id.toString(16)}"}`;
}

function flowText({ flow, isRequest }: TimelineSlice): string {
  if (flow === undefined) return '';
  const { high, low } = flowNumber(flow);
  const direction = isRequest ? '"flow_out":true' : '"flow_in":true,"flow_out":true';
  return `,"bind_id":"0x${high.toString(16)}${low.toString(16).padStart(8, '0')}",${direction}`;
}

/** An object with the fields. Fields of the begin precede equal ones of the end. */
function argumentsText(all: readonly EventArguments[], isUnfinished: boolean): string {
  const parts: string[] = [];
  for (const [i, { columns, values }] of all.entries()) {
    for (const [column, { name, fieldClass }] of columns.entries()) {
      const value = attributeValue(values[column], fieldClass);
      const isKnown = all.slice(0, i).some((before) => before.columns.some((other) => other.name === name));
      if (value !== undefined && !isKnown) parts.push(`${jsonText(name)}:${valueText(value)}`);
    }
  }
  if (isUnfinished) parts.push('"unfinished":true');
  return `{${parts.join(',')}}`;
}

function valueText(value: NonNullable<ReturnType<typeof attributeValue>>): string {
  if (typeof value === 'number') return String(value);
  return jsonText(value, bytesAsHex);
}

function bytesAsHex(_name: string, value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
