// Attacks a session daemon of root as other users: npm run attack [-- PART...] [--seed N] [--requests N] [--declarations N] …
//
// Without a part, all that have a number of inputs, one after the other. One with a time has to be named:
//   npm run attack -- hostile-user [--minutes N]
// Has to run as root. The suite does the same with fewer inputs and always the same seed, see testing/attack.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Each part: its number of inputs by default, and how its tests are told. */
const PARTS = {
  requests: {
    count: 200_000,
    test: 'testing/attack/requests',
    env: 'RINGTAIL_ATTACK_REQUESTS',
    seed: 'RINGTAIL_ATTACK_SEED',
  },
  declarations: {
    count: 55_000,
    test: 'testing/attack/declarations',
    env: 'RINGTAIL_ATTACK_DECLARATIONS',
    seed: 'RINGTAIL_ATTACK_SEED',
  },
  'ring-writes': {
    count: 1_900_000,
    test: 'testing/attack/ring-writes',
    env: 'RINGTAIL_ATTACK_RING_WRITES',
    seed: 'RINGTAIL_ATTACK_SEED',
  },
  commands: {
    count: 80_000,
    test: 'testing/attack/commands',
    env: 'RINGTAIL_ATTACK_COMMANDS',
    seed: 'RINGTAIL_ATTACK_SEED',
  },
  traces: {
    count: 270_000,
    test: 'testing/fuzz/fuzz.test.ts',
    env: 'RINGTAIL_FUZZ_INPUTS',
    seed: 'RINGTAIL_FUZZ_SEED',
  },
  // Of each kind: applications beside a flight recorder, consumers twice, session daemons twice.
  kills: { count: 84, test: 'testing/e2e/kill-modes.test.ts', env: 'RINGTAIL_KILLS', seed: 'RINGTAIL_SEED' },
};

/** Everything at once, for a time: how long root's commands take, events that a bystander loses, memory. */
const HOSTILE_USER = {
  count: 10,
  test: 'testing/attack/hostile-user',
  env: 'RINGTAIL_ATTACK_MINUTES',
  seed: 'RINGTAIL_ATTACK_SEED',
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = readWords();
const seed = numberOf('seed') ?? Math.floor(Math.random() * 2 ** 31);
const wanted = positionals.length === 0 ? Object.keys(PARTS) : positionals;

// Tests that need root are skipped elsewhere, which would look like a passed attack.
if (process.getuid() !== 0) refuse('has to run as root, who attacks as other users');

const failed = [];
for (const name of wanted) {
  const isHostileUser = name === 'hostile-user';
  const { count: usual, test, env, seed: seedEnv } = isHostileUser ? HOSTILE_USER : PARTS[name];
  const count = numberOf(isHostileUser ? 'minutes' : name) ?? usual;
  console.log(`\nattack: ${name}, ${count}${isHostileUser ? ' minutes' : ''}, seed ${seed}`);
  if (!run(test, { [env]: String(count), [seedEnv]: String(seed) })) failed.push(name);
}
const failures = failed.length === 0 ? '' : `: ${failed.join(', ')}`;
console.log(`\nattack: ${wanted.length - failed.length} passed, ${failed.length} failed${failures}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function run(test, env) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const words = [vitest, 'run', test];
  return (
    spawnSync(process.execPath, words, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' }).status === 0
  );
}

function readWords() {
  const options = Object.fromEntries(
    ['seed', 'minutes', ...Object.keys(PARTS)].map((name) => [name, { type: 'string' }]),
  );
  try {
    const words = parseArgs({ options, allowPositionals: true });
    const names = [...Object.keys(PARTS), 'hostile-user'];
    const stranger = words.positionals.find((name) => !names.includes(name));
    return stranger === undefined ? words : refuse(`there is no part ${stranger}, but ${names.join(', ')}`);
  } catch (error) {
    return refuse(error.message);
  }
}

/** A whole number; of minutes, parts are possible. */
function numberOf(name) {
  const text = values[name];
  const pattern = name === 'minutes' ? /^\d+(\.\d+)?$/ : /^\d+$/;
  if (text === undefined || pattern.test(text)) return text === undefined ? undefined : Number(text);
  return refuse(`--${name} is a number, not ${text}`);
}

function refuse(why) {
  console.error(`attack: ${why}`);
  process.exit(2);
}
