import { describe, expect, it } from 'vitest';
import { fuzzNumber } from './fuzz-number.ts';
import { runFuzz } from './run-fuzz.ts';
import { fuzzTraces } from './traces.ts';

/** The suite always uses this seed; `npm run fuzz` can use another and more inputs. */
const SEED = fuzzNumber('SEED') ?? 20_261_120;
const INPUTS = fuzzNumber('INPUTS') ?? 12_000;
/** A single input, for a closer look. */
const ONLY = fuzzNumber('ONLY');

/** A limit for hangs of the whole test, not a measurement. */
const LIMIT_MS = 120_000 + INPUTS * 50;

describe('damaged metadata and packets', () => {
  it(
    'are read or refused, without a crash, a hang or memory beyond bounds',
    async () => {
      const traces = fuzzTraces();
      const [from, to] = ONLY === undefined ? [0, INPUTS] : [ONLY, ONLY + 1];
      const { problems, counts } = await runFuzz('bytes', traces, SEED, from, to);
      process.stderr.write(`fuzz: seed ${SEED}, ${traces.length} traces: ${JSON.stringify(counts)}\n`);
      for (const { index, name = '', problem } of problems) {
        process.stderr.write(`fuzz: npm run fuzz -- --seed ${SEED} --only ${index} (${name})\n${problem}\n`);
      }
      expect(problems.map(({ index, problem }) => `${index}: ${problem.split('\n', 1)[0]}`)).toEqual([]);
      expect(counts.inputs).toBe(to - from);
      // Damage that is always noticed at once, or never, would prove little.
      if (ONLY === undefined) {
        expect(counts.refusedMetadata).toBeGreaterThan(counts.inputs / 20);
        expect(counts.messages).toBeGreaterThan(counts.inputs);
      }
    },
    LIMIT_MS,
  );
});

/** Each takes as long as some hundred damaged traces. */
const DIRECTORIES = Math.ceil(INPUTS / 100);

describe('directories of traces with wrong packets, indexes and files', () => {
  it(
    'are read into every output or refused with file and place, without a crash, a hang or memory beyond bounds',
    async () => {
      const [from, to] = ONLY === undefined ? [0, DIRECTORIES] : [ONLY, ONLY + 1];
      const { problems, counts } = await runFuzz('directories', [], SEED, from, to);
      process.stderr.write(`fuzz: seed ${SEED}, directories: ${JSON.stringify(counts)}\n`);
      for (const { index, name = '', problem } of problems) {
        process.stderr.write(`fuzz: npm run fuzz -- --seed ${SEED} --only ${index} (${name})\n${problem}\n`);
      }
      expect(problems.map(({ index, problem }) => `${index}: ${problem.split('\n', 1)[0]}`)).toEqual([]);
      expect(counts.inputs).toBe(to - from);
      if (ONLY === undefined) expect(counts.refusedData).toBeGreaterThan(counts.inputs / 2);
    },
    LIMIT_MS,
  );
});
