// Runs LTTng's own test scripts for user space against Ringtail, or prints the tables of docs/lttng-suite.md.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commandsOf, layOut } from './layout.mjs';
import { layOutLttng } from './lttng.mjs';
import { layOutRingtail } from './ringtail.mjs';
import { runInSandbox } from './sandbox.mjs';
import { leftOutTable, resultsTable } from './table.mjs';
import { readTap } from './tap.mjs';
import { TESTS } from './tests.mjs';

const USAGE = `Usage: npm run lttng-suite -- CHECKOUT [--only PATTERN] [--logs DIR] [--peer]
       npm run lttng-suite -- --table

CHECKOUT  a checkout of lttng-tools 2.13 (or LTTNG_TOOLS); nothing is written into it
--only    run the scripts whose path matches this regular expression
--logs    keep what each script printed
--peer    run the installed LTTng instead, with the C programs of the checkout
--table   print the tables of docs/lttng-suite.md
`;
const LIMIT_S = 1200;
const EXPECTED = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    logs: { type: 'string' },
    peer: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
if (options.table) {
  process.stdout.write(`${resultsTable(EXPECTED)}\n${leftOutTable()}`);
} else {
  const checkout = positionals[0] ?? process.env.LTTNG_TOOLS;
  if (checkout === undefined) {
    console.error(`SKIPPED: no checkout of lttng-tools: not tested: the scripts of LTTng's own suite\n${USAGE}`);
  } else if (!existsSync(join(checkout, 'tests', 'regression'))) {
    console.error(`lttng-suite: ${checkout} is no checkout of lttng-tools\n${USAGE}`);
    process.exitCode = 2;
  } else {
    process.exitCode = (await runAll(resolve(checkout))) ? 0 : 1;
  }
}

/** @returns whether each script passed the number of checks in `results.json` */
async function runAll(checkout) {
  const selected = TESTS.filter(({ name }) => new RegExp(options.only).test(name));
  const tree = mkdtempSync(join(tmpdir(), 'rt-suite-tree-'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  process.on('exit', () => rmSync(tree, { recursive: true, force: true }));
  layOut(checkout, tree, selected);
  if (options.peer) layOutLttng(checkout, tree);
  else layOutRingtail(tree);
  const place = { directory: join(tree, 'tests', 'regression'), path: commandsOf(tree) };
  const sum = { passed: 0, checks: 0 };
  let asExpected = true;
  for (const { name, limitS = LIMIT_S } of selected) {
    const { output, timedOut, seconds } = await runInSandbox({ ...place, script: name, limitS, onOutput: logOf(name) });
    const { passed, failed, skipped, bailedOut } = readTap(output);
    const expected = EXPECTED[name];
    // A script that ends early does not run all of its checks.
    const checks = Math.max(expected?.checks ?? 0, passed.length + failed.length);
    sum.passed += passed.length;
    sum.checks += checks;
    const remarks = [
      `${seconds} s`,
      skipped > 0 && `${skipped} skipped`,
      bailedOut && 'bailed out',
      timedOut && `stopped after ${limitS} s`,
      !options.peer && passed.length < expected?.passed && `EXPECTED ${expected.passed}`,
      !options.peer && passed.length > expected?.passed && `better than the expected ${expected.passed}`,
    ];
    console.log(`${name}: ${passed.length} of ${checks} (${remarks.filter(Boolean).join(', ')})`);
    for (const description of failed) console.log(`  not ok ${description}`);
    if (passed.length < expected?.passed) asExpected = false;
  }
  console.log(`${sum.passed} of ${sum.checks} checks passed`);
  return options.peer || asExpected;
}

/** Stores a script's output on request. */
function logOf(name) {
  if (options.logs === undefined) return () => {};
  mkdirSync(options.logs, { recursive: true });
  const path = join(options.logs, `${name.replaceAll('/', '_')}.log`);
  writeFileSync(path, '');
  return (chunk) => appendFileSync(path, chunk);
}
