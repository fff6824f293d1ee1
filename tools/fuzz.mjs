// Reads damaged traces and random ones: npm run fuzz [-- --inputs N] [--records N] [--traces N] [--seed N] [--only
// INDEX]
//
// By default, with a new seed: a million damaged inputs; a million event records of random classes, read in every way
// and compared with their source; two thousand random traces, of which babeltrace2 has to print the same text. The
// suite does the same with fewer inputs: see testing/fuzz. The corpus is damaged too where it is present, so a replay
// needs it as well.
import { readCommandLine, runTests } from './repeat-tests.mjs';

const { numbers } = readCommandLine('fuzz', { options: ['inputs', 'records', 'traces', 'seed', 'only'] });
const { inputs = 1_000_000, records = 1_000_000, traces = 2000, only } = numbers;
const { seed = Math.floor(Math.random() * 2 ** 32) } = numbers;

const amount = `${inputs} damaged inputs, ${records} records, ${traces} traces beside babeltrace2`;
console.log(`fuzz: seed ${seed}, ${only === undefined ? amount : `number ${only} of each`}`);
const passed = runTests('testing/fuzz', {
  RINGTAIL_FUZZ_INPUTS: inputs,
  RINGTAIL_FUZZ_RECORDS: records,
  RINGTAIL_FUZZ_TRACES: traces,
  RINGTAIL_FUZZ_SEED: seed,
  ...(only !== undefined && { RINGTAIL_FUZZ_ONLY: only }),
});
process.exitCode = passed ? 0 : 1;
