// Damages traces and has them read: npm run fuzz [-- --inputs N] [--seed N] [--only INDEX]
//
// A million inputs with a new seed by default. What the suite does with fewer, see testing/fuzz; the traces of the corpus are damaged too
// where it is there, so a replay needs it as well.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { inputs: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const inputs = wholeNumber('inputs') ?? 1_000_000;
const seed = wholeNumber('seed') ?? Math.floor(Math.random() * 2 ** 32);
const only = wholeNumber('only');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const env = { ...process.env, RINGTAIL_FUZZ_INPUTS: String(inputs), RINGTAIL_FUZZ_SEED: String(seed) };
if (only !== undefined) env.RINGTAIL_FUZZ_ONLY = String(only);
console.log(`fuzz: seed ${seed}, ${only === undefined ? `${inputs} inputs` : `input ${only}`}`);
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
