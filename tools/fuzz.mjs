// Reads damaged traces and random ones: npm run fuzz [-- --inputs N] [--records N] [--traces N] [--seed N] [--only INDEX]
//
// By default, with a new seed: a million damaged inputs, a million event records of random classes, read in every way and compared
// with what was written, and two thousand random traces that babeltrace2 has to print as we do. The suite does the same with fewer, see
// testing/fuzz. Traces of the corpus are damaged too where it is there, so a replay needs it as well.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const WHOLE_NUMBER = { type: 'string' };
const { values } = parseArgs({
  options: {
    inputs: WHOLE_NUMBER,
    records: WHOLE_NUMBER,
    traces: WHOLE_NUMBER,
    seed: WHOLE_NUMBER,
    only: WHOLE_NUMBER,
  },
});
const inputs = wholeNumber('inputs') ?? 1_000_000;
const records = wholeNumber('records') ?? 1_000_000;
const traces = wholeNumber('traces') ?? 2000;
const seed = wholeNumber('seed') ?? Math.floor(Math.random() * 2 ** 32);
const only = wholeNumber('only');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const env = {
  ...process.env,
  RINGTAIL_FUZZ_INPUTS: String(inputs),
  RINGTAIL_FUZZ_RECORDS: String(records),
  RINGTAIL_FUZZ_TRACES: String(traces),
  RINGTAIL_FUZZ_SEED: String(seed),
};
if (only !== undefined) env.RINGTAIL_FUZZ_ONLY = String(only);
const amount = `${inputs} damaged inputs, ${records} records, ${traces} traces beside babeltrace2`;
console.log(`fuzz: seed ${seed}, ${only === undefined ? amount : `number ${only} of each`}`);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'testing/fuzz'], { cwd: root, env, stdio: 'inherit' });
process.exitCode = status ?? 1;

function wholeNumber(name) {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) {
    console.error(`fuzz: --${name} is a whole number, not ${text}`);
    process.exit(2);
  }
  return Number(text);
}
