// Runs LTTng's own test scripts for user space against Ringtail: npm run lttng-suite -- CHECKOUT [options]
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commandsOf, layOut } from './layout.mjs';
import { layOutLttng } from './peer.mjs';
import { layOutRingtail } from './ringtail.mjs';
import { runInSandbox } from './sandbox.mjs';
import { readTap } from './tap.mjs';
import { TESTS } from './tests.mjs';

const LIMIT_S = 1800;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, logs: { type: 'string' }, peer: { type: 'boolean' } },
});
const checkout = positionals[0] ?? process.env.LTTNG_TOOLS;
if (checkout === undefined || !existsSync(join(checkout, 'tests', 'regression'))) {
  console.error(
    `SKIPPED: no checkout of lttng-tools 2.13 (npm run lttng-suite -- DIR): not tested: LTTng's own scripts`,
  );
  process.exit(checkout === undefined ? 0 : 2);
}

const selected = TESTS.filter(({ name }) => new RegExp(options.only ?? '').test(name));
const tree = mkdtempSync(join(tmpdir(), 'rt-suite-tree-'));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(tree, { recursive: true, force: true }));
layOut(resolve(checkout), tree, selected);
if (options.peer) layOutLttng(resolve(checkout), tree);
else layOutRingtail(tree);
const results = {};
const place = { directory: join(tree, 'tests', 'regression'), path: commandsOf(tree) };
for (const { name, limitS = LIMIT_S } of selected) {
  const { output, timedOut, seconds } = await runInSandbox({ ...place, script: name, limitS });
  const { passed, failed, skipped, bailedOut } = readTap(output);
  results[name] = { passed: passed.length, checks: passed.length + failed.length };
  const remark = [
    skipped > 0 && `${skipped} skipped`,
    bailedOut && 'bailed out',
    timedOut && `stopped after ${limitS} s`,
  ];
  console.log(
    `${name}: ${passed.length} of ${passed.length + failed.length} (${[`${seconds} s`, ...remark].filter(Boolean).join(', ')})`,
  );
  for (const description of failed) console.log(`  not ok ${description}`);
  if (options.logs !== undefined) {
    mkdirSync(options.logs, { recursive: true });
    writeFileSync(join(options.logs, `${name.replaceAll('/', '_')}.log`), output);
  }
}
