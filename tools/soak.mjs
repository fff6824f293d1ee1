// The long tests: npm run soak [-- --seed N] [--minutes N]. Repeats what the suite does a few times, often, with a seed that is
// printed; then an hour of hostile and normal use in turns, after which memory, descriptors and files have to be flat. With
// --minutes only that, for so long. It has to run as root, without which it is skipped.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const KILLS = 200;
const CRASHES = 100;
const SCHEMA_ROUNDS = 10;
const HISTORIES = 5000;
const COMMANDS = 10_000;
const APPLICATIONS = 1000;
const MIX_MINUTES = 60;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string' } } });
const seed = numberOf('seed') ?? Date.now() % 1_000_000;
const minutes = numberOf('minutes');
console.log(`soak: seed ${seed}`);

const repetitions = [
  {
    what: `${KILLS} kills of applications at random moments`,
    file: 'testing/e2e/kill-loop.test.ts',
    env: { RINGTAIL_KILLS: KILLS, RINGTAIL_SEED: seed },
  },
  {
    what: `${KILLS} kills each of applications, consumers and session daemons, flight recorders too`,
    file: 'testing/e2e/kill-modes.test.ts',
    env: { RINGTAIL_KILLS: KILLS, RINGTAIL_SEED: seed },
  },
  {
    what: `${KILLS} kills of consumers during rotations`,
    file: 'testing/e2e/consumer-rotation.test.ts',
    env: { RINGTAIL_KILLS: KILLS, RINGTAIL_SEED: seed },
  },
  {
    what: `${HISTORIES} random histories of consumers that die at any point`,
    file: 'testing/consumer-deaths',
    env: { RINGTAIL_HISTORIES: HISTORIES, RINGTAIL_SEED: seed },
  },
  {
    what: `${CRASHES} crashes of each kind under guard`,
    file: 'testing/e2e/guard.test.ts',
    env: { RINGTAIL_KILLS: CRASHES, RINGTAIL_SEED: seed },
  },
  {
    what: `${COMMANDS} random commands while four threads record`,
    file: 'testing/e2e/random-commands.test.ts',
    env: { RINGTAIL_COMMANDS: COMMANDS, RINGTAIL_SEED: seed },
  },
  {
    what: `${APPLICATIONS} applications at one session daemon`,
    file: 'testing/e2e/many-applications.test.ts',
    env: { RINGTAIL_TEST_APPLICATIONS: APPLICATIONS },
  },
  ...Array.from({ length: SCHEMA_ROUNDS }, (_, round) => ({
    what: `random schemas, round ${round + 1} of ${SCHEMA_ROUNDS}`,
    file: 'testing/e2e/random-schemas.test.ts',
    env: { RINGTAIL_SEED: seed + round },
  })),
];

const mix = {
  what: `${minutes ?? MIX_MINUTES} minutes of hostile and normal use in turns`,
  file: 'testing/soak/mix.test.ts',
  env: { RINGTAIL_SOAK_MINUTES: minutes ?? MIX_MINUTES, RINGTAIL_SEED: seed },
};
const runs = minutes === undefined ? [...repetitions, mix] : [mix];

let failed = 0;
for (const { what, file, env } of runs) {
  console.log(
    `\nsoak: ${what} (${Object.entries(env)
      .map((pair) => pair.join('='))
      .join(' ')})`,
  );
  const texts = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
  const { status } = spawnSync(process.execPath, [vitest, 'run', file], {
    cwd: root,
    env: { ...process.env, ...texts },
    stdio: 'inherit',
  });
  if (status !== 0) failed += 1;
}
console.log(`\n${runs.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function numberOf(name) {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) {
    console.error(`soak: --${name} is a whole number, not ${text}`);
    process.exit(2);
  }
  return Number(text);
}
