import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTraces, type PrettyOptions, printDetails, printPretty } from '@ringtail/reader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';
import { compareLines, storeTrace } from '../schemas/check-reading.ts';
import { detailedMessages, judgement, withoutLabelOrder } from '../schemas/judge.ts';
import { randomPackets } from '../schemas/random-packets.ts';
import { randomStyle } from '../schemas/random-style.ts';
import { SeededRandom } from '../schemas/seeded-random.ts';
import { fuzzNumber } from './fuzz-number.ts';

const SEED = fuzzNumber('SEED') ?? 20_261_202;
const TRACES = fuzzNumber('TRACES') ?? 25;
/** A single trace, for a closer look. */
const ONLY = fuzzNumber('ONLY');
const RECORDS = 100;

const babeltrace = requirePeer('babeltrace2', 'that random traces of CTF 1.8 are printed as it prints them');

describe.skipIf(babeltrace === undefined)('random traces of CTF 1.8', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ringtail-beside-babeltrace-'));
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it(
    'are printed as babeltrace2 prints them, as text and in all details',
    () => {
      const [from, to] = ONLY === undefined ? [0, TRACES] : [ONLY, ONLY + 1];
      process.stderr.write(`beside babeltrace2: seed ${SEED}, ${to - from} traces\n`);
      const problems: string[] = [];
      for (let i = from; i < to; i++) {
        try {
          compareWithJudge(SEED, i, join(root, String(i)));
        } catch (error) {
          process.stderr.write(`beside babeltrace2: npm run fuzz -- --seed ${SEED} --only ${i}\n${error}\n`);
          problems.push(`${i}: ${String(error).split('\n', 1)[0]!.slice(0, 200)}`);
        }
      }
      expect(problems).toEqual([]);
    },
    180_000 + TRACES * 2_000,
  );
});

function compareWithJudge(seed: number, index: number, directory: string): void {
  const random = new SeededRandom(seed + index);
  const trace = randomPackets(random, { version: 1, forBabeltrace20: true, records: RECORDS });
  storeTrace(trace, directory);
  const { options, args } = randomStyle(random);
  const wanted = judgement(babeltrace!, [...args, directory]);
  compareLines(`text, ${args.join(' ')}`, withoutLabelOrder(ownText(directory, options)), withoutLabelOrder(wanted));
  // The order of messages without a time is undefined between data streams.
  if (trace.streams.length > 1) return;
  const details = judgement(babeltrace!, ['-c', 'sink.text.details', '-p', 'with-metadata=no', directory]);
  compareLines('details', detailedMessages(ownDetails(directory)), detailedMessages(details));
}

function ownText(directory: string, options: PrettyOptions): string {
  return collected((sink) => {
    const reader = openTraces(directory);
    try {
      printPretty(reader, sink, options);
    } finally {
      reader.close();
    }
  });
}

function ownDetails(directory: string): string {
  return collected((sink) => {
    const reader = openTraces(directory, { boundaries: true });
    try {
      printDetails(reader, sink);
    } finally {
      reader.close();
    }
  });
}

function collected(print: (sink: { write(piece: string | Uint8Array): boolean }) => void): string {
  const pieces: string[] = [];
  print({ write: (piece) => pieces.push(typeof piece === 'string' ? piece : Buffer.from(piece).toString()) > 0 });
  return pieces.join('');
}
