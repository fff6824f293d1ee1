import { Buffer } from 'node:buffer';
import { printCtf2, printTsdl, unpackMetadata } from '@ringtail/ctf';
import {
  LiveReader,
  openMedia,
  type PrettyOptions,
  PrettyPrinter,
  printPretty,
  TextBuffer,
} from '@ringtail/reader/pure';
import { describe, expect, it } from 'vitest';
import { corpusPath } from '../corpus.ts';
import { FakeLiveMedium } from '../fake-live-medium.ts';
import { mediaOf, readTraceBytes, type TraceBytes } from '../media.ts';
import { type RecordedPacket, randomTrace } from '../schemas/random-trace.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';

const JUDGED = 'reading traces while they grow';
/** Traces in one directory, whose data streams are one file each. */
const CORPUS = [
  'lttng/s01-types-peruid/ust/uid/0/64-bit',
  'lttng/s08-large-header/ust/uid/0/64-bit',
  'lttng/s12-statedump-log-wrappers/ust/uid/0/64-bit',
  'lttng/s13-filters/ust/uid/0/64-bit',
  'lttng/s18-app-contexts/ust/uid/0/64-bit',
  'lttng-ctf2/s01-types-peruid/1',
  'lttng-ctf2/s12-statedump-log-wrappers/1',
];
const POLLS_MAX = 1_000_000;

/** Collects text and warnings. */
function collector(): { readonly text: string[]; readonly options: PrettyOptions; write(chunk: string): boolean } {
  const text: string[] = [];
  const write = (chunk: string) => text.push(chunk) > 0;
  return { text, write, options: { utc: true, warnings: { write: (line) => write(`WARNING ${line}`) } } };
}

function wholeText(trace: TraceBytes): string {
  const { text, options, write } = collector();
  printPretty(openMedia([mediaOf(trace)]), { write }, options);
  return sorted(text);
}

/** Warnings are written at once, and text in pieces: so warnings are compared apart. */
function sorted(pieces: readonly string[]): string {
  const isWarning = (piece: string) => piece.startsWith('WARNING ');
  return [...pieces.filter((piece) => !isWarning(piece)), ...pieces.filter(isWarning)].join('');
}

/** Metadata as it grows: first without any data stream class, then with one declaration or fragment more each time. */
function growingMetadata(metadata: Uint8Array): Uint8Array[] {
  const text = Buffer.from(unpackMetadata(metadata)).toString();
  const ends = text.startsWith('\x1e') ? fragmentEnds(text) : declarationEnds(text);
  const first = ends.findIndex((end) => /^\s*(?:stream|event)\b|"data-stream-class"/.test(text.slice(end)));
  return ends.slice(first).map((end) => Buffer.from(text.slice(0, end)));
}

function fragmentEnds(text: string): number[] {
  let end = 0;
  return text
    .split('\x1e')
    .slice(1)
    .map((fragment) => {
      end += fragment.length + 1;
      return end;
    });
}

function declarationEnds(text: string): number[] {
  const ends: number[] = [];
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\*[\s\S]*?\*\/|[{};]/g)) {
    if (token === '{') depth++;
    else if (token === '}') depth--;
    else if (token === ';' && depth === 0) ends.push(index + 1);
  }
  return ends;
}

/**
 * Prints a trace while it grows: packets arrive in pieces in the order of time, data streams are added when their first
 * packet is due, and metadata grows at random.
 */
function liveText(trace: TraceBytes, random: SeededRandom, way: 'drain' | 'next'): string {
  const { text, options, write } = collector();
  const reader = new LiveReader();
  const printer = new PrettyPrinter(new TextBuffer({ write }), options);
  const poll = () => {
    if (way === 'drain') return reader.drain(printer).kind;
    for (;;) {
      const next = reader.next();
      if (next.kind !== 'item') return next.kind;
      printer.take(next.item);
    }
  };
  const live = reader.addTrace('');
  const metadata = growingMetadata(trace.metadata);
  const grow = () => {
    const next = metadata.shift();
    if (next !== undefined) live.setMetadata(next);
  };

  const streams = openMedia([mediaOf(trace)]).traces[0]!.streams;
  const packets = streams
    .flatMap(({ sources, index }) => index.packets.map((packet) => ({ ...packet, name: sources[0]!.name })))
    .sort((a, b) => Number(a.beginNs! - b.beginNs!));
  const due = streams
    .map(({ sources, firstBeginNs }) => ({ name: sources[0]!.name, beginNs: firstBeginNs! }))
    .sort((a, b) => Number(a.beginNs - b.beginNs));
  const media = new Map<string, FakeLiveMedium>();
  for (const { name, offsetBytes, totalBytes, endNs } of packets) {
    while (due.length > 0 && due[0]!.beginNs <= endNs!) {
      const stream = due.shift()!;
      const { bytes } = trace.streams.find((of) => of.name === stream.name)!;
      const medium = new FakeLiveMedium(bytes, random);
      media.set(stream.name, medium);
      live.addStream({ name: stream.name, medium });
    }
    const medium = media.get(name)!;
    const end = offsetBytes + totalBytes!;
    while (medium.arrivedBytes < end) {
      medium.arrive(random.between(medium.arrivedBytes + 1, end));
      if (random.oneIn(3)) grow();
      expect(poll()).toBe('again');
    }
    for (let i = random.between(0, 20); i > 0; i--) poll();
  }
  while (metadata.length > 0) {
    grow();
    expect(poll()).toBe('again');
  }
  for (const medium of media.values()) medium.end();
  live.endMetadata();
  reader.end();
  let polls = 0;
  while (poll() !== 'end') expect(++polls).toBeLessThan(POLLS_MAX);
  printer.finish();
  return sorted(text);
}

describe('a trace that grows while it is read', () => {
  const random = new SeededRandom(runSeed('live reading'));
  const cases = CORPUS.flatMap((name) => {
    const path = corpusPath(name, JUDGED);
    return path === undefined ? [] : [{ name, trace: () => readTraceBytes(path) }];
  });
  const { packets, traceClass } = randomTrace(random, 60);
  for (const version of [1, 2] as const) {
    const of = traceClass(version);
    const streams = [0, 1].map((streamClassId) => {
      const bytes = packets.flatMap(({ description, bytes: own }) =>
        description.streamClassId === streamClassId ? own : [],
      );
      return { name: `channel_${streamClassId}`, bytes: Buffer.concat(bytes) };
    });
    const metadata = Buffer.from(version === 1 ? printTsdl(of) : printCtf2(of));
    cases.push({ name: `random classes, CTF ${version}`, trace: () => ({ metadata, streams }) });
  }

  it.each(cases)('has the text of the whole trace: $name', ({ trace }) => {
    const bytes = trace();
    const whole = wholeText(bytes);
    expect(whole.length).toBeGreaterThan(1000);
    for (const way of ['drain', 'next'] as const) {
      expect(liveText(bytes, random, way) === whole, way).toBe(true);
    }
  });

  it('has each event as soon as the last byte of the event is there', () => {
    const [{ bytes, events }, second] = packets as [RecordedPacket, RecordedPacket];
    const medium = new FakeLiveMedium(Buffer.concat([bytes, second.bytes]), random);
    const reader = new LiveReader();
    const live = reader.addTrace('');
    live.setMetadata(Buffer.from(printCtf2(traceClass(2))));
    live.addStream({ name: 'channel', medium });
    const readEvents = () => {
      let count = 0;
      // A fake that answers `again` at random has something at hand after a few tries.
      for (let tries = 0; tries < 100; ) {
        if (reader.next().kind === 'item') count++;
        else tries++;
      }
      return count;
    };
    medium.arrive(bytes.length - 1);
    expect(readEvents()).toBe(events.length - 1);
    medium.arrive(bytes.length);
    expect(readEvents()).toBe(1);
    expect(readEvents()).toBe(0);
  });
});
