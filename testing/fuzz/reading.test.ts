import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkReading, generatedCount, storeTrace } from '../schemas/check-reading.ts';
import { randomPackets } from '../schemas/random-packets.ts';
import { SeededRandom } from '../schemas/seeded-random.ts';
import { fuzzNumber } from './fuzz-number.ts';

const SEED = fuzzNumber('SEED') ?? 20_261_201;
const RECORDS = fuzzNumber('RECORDS') ?? 3_000;
/** A single trace, for a closer look. */
const ONLY = fuzzNumber('ONLY');

/** Mostly short, for many different classes; some long, for many packets and generated code. */
const recordsOf = (index: number) => (index % 17 === 16 ? 4000 : 200);

/** Minimum part of records for generated code: fewer would test mostly the general decoder. */
const SHARE_MIN = 0.15;

describe('random traces of CTF 1.8 and CTF 2', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ringtail-reading-'));
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it(
    'are read as written: as messages, text, tables and JSON, by visitors, in part and copied',
    () => {
      process.stderr.write(`reading: seed ${SEED}\n`);
      const problems: string[] = [];
      let [index, records, generated] = [ONLY ?? 0, 0, 0];
      for (; ONLY === undefined ? records < RECORDS : records === 0; index++) {
        const directory = join(root, String(index));
        try {
          const random = new SeededRandom(SEED + index);
          const trace = randomPackets(random, { version: index % 2 === 0 ? 1 : 2, records: recordsOf(index) });
          storeTrace(trace, directory);
          checkReading(random, trace, directory);
          generated += generatedCount(directory, recordsOf(index));
        } catch (error) {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          process.stderr.write(`reading: npm run fuzz -- --seed ${SEED} --only ${index}\n${text}\n`);
          problems.push(`${index}: ${text.split('\n', 1)[0]!.slice(0, 200)}`);
        }
        rmSync(directory, { recursive: true, force: true });
        records += recordsOf(index);
      }
      const share = generated / records;
      process.stderr.write(`reading: ${records} records, ${Math.round(100 * share)} % of them by generated code\n`);
      expect(problems).toEqual([]);
      if (ONLY === undefined) expect(share).toBeGreaterThan(SHARE_MIN);
    },
    180_000 + RECORDS * 20,
  );
});
