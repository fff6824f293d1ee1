// The long tests: npm run soak [-- --seed N] [--minutes N]
//
// Repeats tests of the suite many times, with a seed that is printed. Then an hour of hostile and normal use in turns,
// after which memory, descriptors and files have to be flat; this part needs root, and is skipped without. With
// --minutes only this part runs.
import { readCommandLine, runTests } from './repeat-tests.mjs';

const KILLS = 200;
const CRASHES = 100;
const SCHEMA_ROUNDS = 10;
const HISTORIES = 5000;
const COMMANDS = 10_000;
const APPLICATIONS = 1000;
const MIX_MINUTES = 60;

const { numbers } = readCommandLine('soak', { options: ['seed', 'minutes'] });
const { seed = Date.now() % 1_000_000, minutes } = numbers;
console.log(`soak: seed ${seed}`);

const repetitions = [
  {
    name: `${KILLS} kills of applications at random moments`,
    file: 'testing/e2e/kill-loop.test.ts',
    env: { RINGTAIL_KILLS: KILLS, RINGTAIL_SEED: seed },
  },
  {
    name: `${KILLS} kills each of applications, consumers and session daemons, flight recorders too`,
    file: 'testing/e2e/kill-modes.test.ts',
    env: { RINGTAIL_KILLS: KILLS, RINGTAIL_SEED: seed },
  },
  {
    name: `${KILLS} kills of consumers during rotations`,
    file: 'testing/e2e/consumer-rotation.test.ts',
    env: { RINGTAIL_KILLS: KILLS, RINGTAIL_SEED: seed },
  },
  {
    name: `${HISTORIES} random histories of consumers that die at any point`,
    file: 'testing/consumer-deaths',
    env: { RINGTAIL_HISTORIES: HISTORIES, RINGTAIL_SEED: seed },
  },
  {
    name: `${CRASHES} crashes of each kind under guard`,
    file: 'testing/e2e/guard.test.ts',
    env: { RINGTAIL_KILLS: CRASHES, RINGTAIL_SEED: seed },
  },
  {
    name: `${COMMANDS} random commands while four threads record`,
    file: 'testing/e2e/random-commands.test.ts',
    env: { RINGTAIL_COMMANDS: COMMANDS, RINGTAIL_SEED: seed },
  },
  {
    name: `${APPLICATIONS} applications at one session daemon`,
    file: 'testing/e2e/many-applications.test.ts',
    env: { RINGTAIL_TEST_APPLICATIONS: APPLICATIONS },
  },
  ...Array.from({ length: SCHEMA_ROUNDS }, (_, round) => ({
    name: `random schemas, round ${round + 1} of ${SCHEMA_ROUNDS}`,
    file: 'testing/e2e/random-schemas.test.ts',
    env: { RINGTAIL_SEED: seed + round },
  })),
];

const mix = {
  name: `${minutes ?? MIX_MINUTES} minutes of hostile and normal use in turns`,
  file: 'testing/soak/mix.test.ts',
  env: { RINGTAIL_SOAK_MINUTES: minutes ?? MIX_MINUTES, RINGTAIL_SEED: seed },
};
const runs = minutes === undefined ? [...repetitions, mix] : [mix];

let failed = 0;
for (const { name, file, env } of runs) {
  const variables = Object.entries(env).map((pair) => pair.join('='));
  console.log(`\nsoak: ${name} (${variables.join(' ')})`);
  if (!runTests(file, env)) failed += 1;
}
console.log(`\n${runs.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
