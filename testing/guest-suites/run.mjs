// Runs the test suite of another project alone and with all events of Ringtail, in turn, and compares the results.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { changedTests, OUTCOMES, readOutcomes, sumsOf } from './outcomes.mjs';
import { SUITES } from './suites.mjs';

const USAGE = `Usage: npm run guest-suites -- SUITE CHECKOUT [--runs N] [--logs DIR] [--settings FILE] [TESTS…]

SUITE       ${Object.keys(SUITES).join(', ')}
CHECKOUT    a checkout of the project, with its dependencies installed
TESTS       only these files, as the suite's own command takes them
--runs      runs of each kind, alternating; a test that also fails alone in one of them may fail (default: 1)
--logs      keep what the runs printed
--settings  recorded events (default: all, with the contexts of requests)
`;
const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));
const SUMMARY_MAX = 64 * 2 ** 20;
const ALL_EVENTS = fileURLToPath(new URL('all-events.json', import.meta.url));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    logs: { type: 'string' },
    settings: { type: 'string', default: ALL_EVENTS },
  },
});
const [name, folder, ...tests] = positionals;
const suite = SUITES[name];
if (suite === undefined || !(Number(options.runs) >= 1)) {
  refuse(USAGE);
} else if (folder === undefined || !existsSync(join(folder, 'node_modules'))) {
  refuse(`guest-suites: ${folder} is no checkout with installed dependencies\n${USAGE}`);
} else {
  process.exitCode = (await compare(suite, resolve(folder))) ? 0 : 1;
}

/** @returns whether no test of the suite has other results recorded */
async function compare({ prepare = [], command, tests: all = [], env = {} }, checkout) {
  const directory = mkdtempSync(join(tmpdir(), 'rt-guest-suite-'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const path = [join(checkout, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const place = { cwd: checkout, env: { ...process.env, PATH: path, RINGTAIL_INSTRUMENT: undefined, ...env } };
  for (const [file, ...words] of prepare) {
    const { status } = spawnSync(file, words, { ...place, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`${file} ${words.join(' ')} failed in ${checkout}`);
  }
  const words = [...command, ...(tests.length > 0 ? tests : all)];
  const alone = [];
  const recorded = [];
  const codes = { alone: new Set(), recorded: new Set() };
  for (let run = 1; run <= Number(options.runs); run += 1) {
    alone.push(await runOnce('alone', run, words));
    const trace = join(directory, 'trace');
    const record = ['record', '--settings', options.settings, '--output-format=json', '--subbuf-size=4M', '-o', trace];
    recorded.push(await runOnce('recorded', run, [process.execPath, COMMAND, ...record, '--', ...words]));
    rmSync(trace, { recursive: true, force: true });
  }
  const changed = changedTests(alone, recorded);
  for (const test of changed) {
    console.log(`changed: ${test.name}\n  alone: ${test.alone.join(', ')}; recorded: ${test.recorded.join(', ')}`);
  }
  const newCodes = [...codes.recorded].filter((code) => !codes.alone.has(code));
  for (const code of newCodes) console.log(`changed: the suite ends with ${code}`);
  console.log(`${name}: ${changed.length} tests changed`);
  return changed.length === 0 && newCodes.length === 0;

  async function runOnce(kind, run, [file, ...args]) {
    const started = performance.now();
    const child = spawn(file, args, { ...place, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    const log = logOf(`${name}-${kind}-${run}`);
    child.stdout.setEncoding('utf8').on('data', (data) => {
      output += data;
      log.write(data);
    });
    child.stderr.setEncoding('utf8').on('data', (data) => {
      errors = (errors + data).slice(-SUMMARY_MAX);
      log.write(data);
    });
    const end = await new Promise((settle, reject) => {
      child.once('error', reject).once('close', (code, signal) => settle(code ?? signal));
    });
    log.end();
    codes[kind].add(end);
    const outcomes = readOutcomes(output);
    const sums = sumsOf(outcomes);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const texts = [
      ...OUTCOMES.map((outcome) => `${sums[outcome]} ${outcome}`),
      `exit code ${end}`,
      `${seconds} s`,
      ...(kind === 'recorded' ? eventsOf(errors) : []),
    ];
    console.log(`${name}, ${kind}: ${texts.join(', ')}`);
    return outcomes;
  }
}

/** What the summary of `ringtail record`, the last line, says about events. */
function eventsOf(errors) {
  const line = errors.trimEnd().split('\n').at(-1);
  if (!line.startsWith('{"trace"')) return [`no summary, but: ${line.slice(-200)}`];
  const { eventsRecorded, eventsDiscarded, troubles } = JSON.parse(line);
  return [
    `${eventsRecorded} events`,
    `${eventsDiscarded} discarded`,
    ...troubles.map(({ kind, code, message }) => `${kind ?? code}: ${message}`),
  ];
}

function logOf(title) {
  if (options.logs === undefined) return { write() {}, end() {} };
  mkdirSync(options.logs, { recursive: true });
  return createWriteStream(join(options.logs, `${title}.log`));
}

function refuse(text) {
  console.error(text);
  process.exitCode = 2;
}
