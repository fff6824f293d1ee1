// Attacks a session daemon of root as other users: npm run attack [-- PART...] [--seed N] [--requests N]
// [--declarations N] …
//
// Without a part, all parts with a number of inputs run, one after the other. The part with a duration runs only by
// name:
//   npm run attack -- hostile-user [--minutes N]
// Has to run as root. The suite does the same with fewer inputs and always the same seed: see testing/attack.
import { readCommandLine, refuse, runTests } from './repeat-tests.mjs';

/** Each part: its number of inputs by default, and how its tests are configured. */
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
  // Kills of each kind: applications beside a flight recorder, consumers twice, session daemons twice.
  kills: { count: 84, test: 'testing/e2e/kill-modes.test.ts', env: 'RINGTAIL_KILLS', seed: 'RINGTAIL_SEED' },
};

/** All attacks at once, for a duration. Measures root's commands, the events that another program loses, and memory. */
const HOSTILE_USER = {
  count: 10,
  test: 'testing/attack/hostile-user',
  env: 'RINGTAIL_ATTACK_MINUTES',
  seed: 'RINGTAIL_ATTACK_SEED',
};

const names = Object.keys(PARTS);
const { numbers, parts } = readCommandLine('attack', {
  options: ['seed', 'minutes', ...names],
  parts: [...names, 'hostile-user'],
});
const { seed = Math.floor(Math.random() * 2 ** 31) } = numbers;
const wanted = parts.length === 0 ? names : parts;

// Tests that need root are skipped for other users, which would look like a passed attack.
if (process.getuid() !== 0) refuse('attack', 'has to run as root, since it acts as several users');

const failed = [];
for (const name of wanted) {
  const isHostileUser = name === 'hostile-user';
  const { count: usual, test, env, seed: seedEnv } = isHostileUser ? HOSTILE_USER : PARTS[name];
  const count = numbers[isHostileUser ? 'minutes' : name] ?? usual;
  console.log(`\nattack: ${name}, ${count}${isHostileUser ? ' minutes' : ''}, seed ${seed}`);
  if (!runTests(test, { [env]: count, [seedEnv]: seed })) failed.push(name);
}
const failures = failed.length === 0 ? '' : `: ${failed.join(', ')}`;
console.log(`\nattack: ${wanted.length - failed.length} passed, ${failed.length} failed${failures}`);
process.exitCode = failed.length === 0 ? 0 : 1;
