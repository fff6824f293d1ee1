// The test command: import order, then the whole suite. Ends with the line `N passed, N failed`.
//
// Arguments go to vitest: npm test -- packages/ctf Peers, which judge our traces, are optional on a developer's
// machine. With CI=true an absent peer counts as a failure.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inCi = process.env.CI === 'true';

const PEERS = [
  {
    name: 'babeltrace2',
    isPresent: () => inPath('babeltrace2'),
    judges: 'every trace we write, read by an independent reader',
  },
  { name: 'lttng', isPresent: () => inPath('lttng'), judges: 'names and layouts against the original tools' },
  {
    name: 'liblttng-ust-dev',
    isPresent: () => isHeader('lttng/tracepoint.h'),
    judges: 'the cost of an event against the C tracer, and the meaning of triggers',
  },
  { name: 'sqlite3', isPresent: () => inPath('sqlite3'), judges: 'the script of export-maps' },
  {
    name: 'liblttng-ctl-dev',
    isPresent: () => isHeader('lttng/lttng.h'),
    judges: 'the meaning of triggers',
  },
  {
    name: 'gcc',
    isPresent: () => inPath('gcc'),
    judges: 'the clock addon, built from its source, and the meaning of triggers',
  },
  { name: 'chromium', isPresent: () => inPath('chromium'), judges: 'the reader in a browser' },
];
/** Without root, tests with other users are skipped. That counts like an absent peer. */
const isRoot = process.getuid?.() === 0;

const absent = PEERS.filter((peer) => !peer.isPresent());
for (const peer of absent) {
  console.log(`${inCi ? 'MISSING' : 'skipped'}: ${peer.name} is not installed, so this is not judged: ${peer.judges}`);
}
if (absent.length > 0) console.log('tools/install-peers.sh installs them.\n');
if (!isRoot) console.log(`${inCi ? 'MISSING' : 'skipped'}: root, so this is not tested: rights of other users\n`);

const imports = spawnSync(process.execPath, [join(root, 'tools', 'check-imports.mjs')], { stdio: 'inherit' });
const suite = await runSuite();

const passed = suite.passed + (imports.status === 0 ? 1 : 0);
const failed = suite.failed + (imports.status === 0 ? 0 : 1) + (inCi ? absent.length + (isRoot ? 0 : 1) : 0);
if (suite.skipped > 0) console.log(`${suite.skipped} skipped`);
console.log(`Node.js ${process.version}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runSuite() {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-test-'));
  const report = join(directory, 'report.json');
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
        cwd: root,
        stdio: 'inherit',
      });
      child.once('error', reject);
      child.once('exit', (status) => resolve(status ?? 1));
    });
    return count(report, code);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A run that failed without a failed test (an error between tests, no report at all) counts as one failure. */
function count(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = result.numFailedTests + brokenFiles;
  for (const { name, assertionResults } of result.testResults) {
    const unfinished = assertionResults.filter((test) => test.status === 'pending').length;
    if (unfinished > 0)
      console.log(`unfinished: ${unfinished} tests of ${relative(root, name)}: its process has ended`);
  }
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

function isHeader(header) {
  return ['', 'x86_64-linux-gnu', 'aarch64-linux-gnu'].some((place) => existsSync(join('/usr/include', place, header)));
}

function inPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, command)));
}
