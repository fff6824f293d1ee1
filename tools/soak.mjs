// The long tests: npm run soak [-- SEED]. Repeats what the suite does a few times, often, with a seed that is printed.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KILLS = 200;
const CRASHES = 100;
const SCHEMA_ROUNDS = 10;
const HISTORIES = 5000;
const COMMANDS = 10_000;
const APPLICATIONS = 1000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const seed = process.argv[2] === undefined ? Date.now() % 1_000_000 : Number(process.argv[2]);
if (!Number.isInteger(seed)) {
  console.error(`soak: a seed is a whole number, not ${process.argv[2]}`);
  process.exit(2);
}
console.log(`soak: seed ${seed}`);

const runs = [
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
