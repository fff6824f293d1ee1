import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkReading, generatedShare, storeTrace } from '../schemas/check-reading.ts';
import { randomPackets } from '../schemas/random-packets.ts';
import { SeededRandom } from '../schemas/seeded-random.ts';
import { fuzzNumber } from './fuzz-number.ts';

const SEED = fuzzNumber('SEED') ?? 20_261_201;
const RECORDS = fuzzNumber('RECORDS') ?? 3_000;
/** One trace alone, to look at it. */
const ONLY = fuzzNumber('ONLY');
const TRACE_RECORDS = 200;

/** In records, counted over all of them, that generated code took: fewer would test the general decoder alone. */
const SHARE_MIN = 0.15;

describe('random traces of CTF 1.8 and CTF 2', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ringtail-reading-'));
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it(
    'are read as they were written: as messages, text, tables and JSON, by visitors, in part and copied',
    () => {
      const [from, to] = ONLY === undefined ? [0, Math.ceil(RECORDS / TRACE_RECORDS)] : [ONLY, ONLY + 1];
      process.stderr.write(`reading: seed ${SEED}, ${to - from} traces of ${TRACE_RECORDS} records\n`);
      const problems: string[] = [];
      let generated = 0;
      for (let i = from; i < to; i++) {
        const directory = join(root, String(i));
        try {
          const random = new SeededRandom(SEED + i);
          const trace = randomPackets(random, { version: i % 2 === 0 ? 1 : 2, records: TRACE_RECORDS });
          storeTrace(trace, directory);
          checkReading(random, trace, directory);
          generated += generatedShare(directory, TRACE_RECORDS);
        } catch (error) {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          process.stderr.write(`reading: npm run fuzz -- --seed ${SEED} --only ${i}\n${text}\n`);
          problems.push(`${i}: ${text.split('\n', 1)[0]!.slice(0, 200)}`);
        }
        rmSync(directory, { recursive: true, force: true });
      }
      process.stderr.write(
        `reading: ${Math.round((100 * generated) / (to - from))} % of the records by generated code\n`,
      );
      expect(problems).toEqual([]);
      if (ONLY === undefined) expect(generated / (to - from)).toBeGreaterThan(SHARE_MIN);
    },
    60_000 + RECORDS * 20,
  );
});
