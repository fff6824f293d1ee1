import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type EventHandlers, type FieldValue, type Message, printCtf2, printTsdl, TextView } from '@ringtail/ctf';
import { EventVisitor } from '@ringtail/ctf/internal';
import {
  openTraces,
  type PrettyOptions,
  parseFields,
  parseNames,
  printDetails,
  printPretty,
  visitEvents,
} from '@ringtail/reader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusPath } from '../corpus.ts';
import { randomTrace } from '../schemas/random-trace.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';

const CLASS_COUNT = 400;

const FULL: PrettyOptions = { utc: true, clockDate: true, names: parseNames('all'), fields: parseFields('all') };

const STYLES: Readonly<Record<string, PrettyOptions>> = {
  'the default style': { utc: true },
  'all names and fields': FULL,
  'no names, no delta and seconds': { names: parseNames('none'), delta: false, clockSeconds: true },
  colours: { utc: true, colors: true, names: parseNames('all') },
};

/** Output for a trace by generated code or by the general printer, then warnings and errors. */
function printed(trace: string, options: PrettyOptions, way: 'compiled' | 'general'): string {
  const text: string[] = [];
  const remarks: string[] = [];
  const into = (chunks: string[]) => ({ write: (chunk: string) => chunks.push(chunk) > 0 });
  const reader = openTraces(trace, { onError: (error) => remarks.push(error.describe()) });
  try {
    // A generator is not a reader, so its messages are printed one by one.
    const messages = way === 'compiled' ? reader : oneByOne(reader);
    printPretty(messages, into(text), { ...options, warnings: into(remarks) });
  } finally {
    reader.close();
  }
  return [...text, ...remarks].join('');
}

/** The same for the details. */
function described(trace: string, way: 'compiled' | 'general'): string {
  const text: string[] = [];
  // With a choice of events, all are messages.
  const keep = way === 'general' ? () => true : undefined;
  const reader = openTraces(trace, { boundaries: true, keep, onError: (error) => text.push(error.describe()) });
  try {
    printDetails(reader, { write: (chunk) => text.push(chunk) > 0 });
  } finally {
    reader.close();
  }
  return text.join('');
}

function* oneByOne(messages: Iterable<Message>): Iterable<Message> {
  yield* messages;
}

function plain(value: FieldValue | TextView): unknown {
  return value instanceof TextView ? value.toString() : value;
}

/** All fields of all events, as visitors see them. */
function visited(trace: string): unknown[] {
  const events: unknown[] = [];
  const handle: EventHandlers[string] = (event, ...fields) => {
    events.push([event.name, event.at, event.cycles, event.stream.id, ...fields.map(plain)]);
  };
  const reader = openTraces(trace, { onError: () => {} });
  visitEvents(reader, { '*': handle });
  reader.close();
  return events;
}

function messages(trace: string): unknown[] {
  const reader = openTraces(trace, { onError: () => {} });
  const events = [...reader].flatMap((m) =>
    m.kind === 'event' ? [[m.class.name, m.at, m.cycles, m.stream.id, ...Object.values(m.payload ?? {})]] : [],
  );
  reader.close();
  return events;
}

describe('a trace of random event classes and values', () => {
  const directories: string[] = [];

  beforeAll(() => {
    const trace = randomTrace(new SeededRandom(runSeed('compiled reading')), CLASS_COUNT);
    for (const version of [1, 2] as const) {
      const directory = mkdtempSync(join(tmpdir(), 'ringtail-compiled-reading-'));
      directories.push(directory);
      const traceClass = trace.traceClass(version);
      writeFileSync(join(directory, 'metadata'), version === 1 ? printTsdl(traceClass) : printCtf2(traceClass));
      for (const streamClassId of [0, 1]) {
        const packets = trace.packets.filter(({ description }) => description.streamClassId === streamClassId);
        writeFileSync(join(directory, `channel_${streamClassId}`), Buffer.concat(packets.map(({ bytes }) => bytes)));
      }
    }
  });

  afterAll(() => {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  it.each(Object.keys(STYLES))('is printed by generated code as by the general printer: %s', (style) => {
    for (const directory of directories) {
      const general = printed(directory, STYLES[style]!, 'general');
      expect(general.length).toBeGreaterThan(100_000);
      expect(printed(directory, STYLES[style]!, 'compiled') === general, directory).toBe(true);
    }
  });

  it('is described in detail by generated code as message by message', () => {
    for (const directory of directories) {
      const general = described(directory, 'general');
      expect(general.length).toBeGreaterThan(100_000);
      expect(described(directory, 'compiled') === general, directory).toBe(true);
    }
  });

  it('has the same values for visitors as in messages', () => {
    for (const directory of directories) expect(visited(directory)).toEqual(messages(directory));
  });

  it('is mostly read by generated code', () => {
    for (const directory of directories) {
      let others = 0;
      const visitor = new EventVisitor({});
      const reader = openTraces(directory);
      reader.drain({
        isWanted: true,
        take: () => others++,
        loopFor: (...stream) => visitor.loopFor(...stream),
      });
      reader.close();
      expect(others).toBeLessThan(messages(directory).length / 4);
    }
  });

  it('cut anywhere gives the same text and the same error either way', () => {
    const [directory] = directories;
    const file = join(directory!, 'channel_0');
    const whole = readFileSync(file);
    const random = new SeededRandom(runSeed('compiled reading, cut'));
    for (let i = 0; i < 10; i++) {
      writeFileSync(file, whole.subarray(0, random.between(1, whole.length - 1)));
      expect(printed(directory!, {}, 'compiled') === printed(directory!, {}, 'general')).toBe(true);
    }
    writeFileSync(file, whole);
  });
});

const corpus = corpusPath('', 'that the traces of other tracers are read by generated code as by the general decoders');

describe.skipIf(corpus === undefined)('corpus traces', () => {
  const rows =
    corpus === undefined ? [] : readFileSync(join(corpus, 'index.tsv'), 'utf8').trimEnd().split('\n').slice(1);
  const all = rows.map((row) => row.split('\t')).filter(([name]) => !name!.startsWith('yactfr/'));
  const valid = all.filter(([, verdict]) => verdict === 'valid').map(([name]) => name!);

  it.each(valid)('%s is printed and visited either way', (name) => {
    const trace = join(corpus!, name);
    for (const style of Object.values(STYLES)) {
      expect(printed(trace, style, 'compiled') === printed(trace, style, 'general')).toBe(true);
    }
    expect(visited(trace)).toEqual(messages(trace));
  });

  const full = all
    .filter(([, , , expected]) => expected && existsSync(join(corpus!, expected.replace(/\.txt\.gz$/, '.full.txt.gz'))))
    .map(([name, , , expected]) => [name!, expected!.replace(/\.txt\.gz$/, '.full.txt.gz')] as const);

  it.each(full)('%s is printed with all names and fields as babeltrace2 prints it', (name, expected) => {
    const wanted = gunzipSync(readFileSync(join(corpus!, expected))).toString();
    let text = '';
    const reader = openTraces(join(corpus!, name));
    const write = (chunk: string) => {
      text += chunk;
      return true;
    };
    printPretty(reader, { write }, FULL);
    reader.close();
    expect(text === wanted, 'the texts are the same, byte for byte').toBe(true);
  });
});
