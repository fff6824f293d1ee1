/** Programs run with all events of the runtime as they run without them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type Ended,
  makeSandbox,
  REGISTER_URL,
  record,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
} from '../e2e/harness.ts';

const WORKLOAD = fileURLToPath(new URL('programs/workload.mjs', import.meta.url));
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
const SETTINGS: readonly (readonly string[])[] = [
  [],
  // The instruments cannot raise a frozen limit by their own frame, so stacks have to be shorter than it.
  ['--frozen-intrinsics', '--stack-trace-limit=20', '--no-warnings'],
  ['--disallow-code-generation-from-strings'],
  ['--disable-proto=throw'],
  ['--throw-deprecation', '--pending-deprecation'],
  [
    permission,
    ...['--allow-fs-read=*', '--allow-addons', '--allow-child-process', '--allow-worker', '--no-warnings'],
    // Without it, since Node.js 25, the tracer cannot connect to its daemon.
    ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
  ],
];

/** Lines of a run, without process identifiers and the frames of our own preload in Node.js's own modules. */
function linesOf({ code, signal, stdout, stderr }: Ended): string[] {
  return [`${code} ${signal}`, ...`${stdout}\n${stderr}`.replace(/\(node:\d+\)/g, '(node)').split('\n')];
}

async function recordingAll(sandbox: Sandbox): Promise<void> {
  await succeed(sandbox, 'create', 'all', '-o', join(sandbox.directory, 'trace'));
  await succeed(sandbox, 'enable-channel', '-u', 'all', '--subbuf-size=4M');
  await succeed(sandbox, 'enable-event', '-u', '-a', '-c', 'all');
  await succeed(sandbox, 'add-context', '-u', '-t', '$app.node:request_id');
  await succeed(sandbox, 'start');
}

describe('a program with all events of the runtime', () => {
  it.each(SETTINGS.map((options) => [options.join(' ') || 'no options', options] as const))(
    'prints, throws and ends as without them, with %s',
    async (_, options) => {
      const sandbox = sandboxWithDaemon();
      await recordingAll(sandbox);
      const env = { RINGTAIL_INSTRUMENT: undefined };
      const without = startNode(sandbox, [...options, WORKLOAD], { RINGTAIL_INSTRUMENT: '0' });
      const traced = startNode(sandbox, [...options, '--import', REGISTER_URL, WORKLOAD], env);
      const expected = linesOf(await without.ended);
      expect(expected.length).toBeGreaterThan(40);
      expect(linesOf(await traced.ended)).toEqual(expected);
      await succeed(sandbox, 'stop');
      const list = await succeed(sandbox, 'status');
      expect(list).not.toContain('INSTRUMENT_FAILED');
      const destroyed = await succeed(sandbox, 'destroy');
      expect(Number(/(\d[\d,]*) events/.exec(destroyed)?.[1]?.replaceAll(',', ''))).toBeGreaterThan(10);
    },
  );
});

/** A test file with tests of each outcome, whose clock the runner replaces. */
const TESTS = `
  import assert from 'node:assert';
  import fs from 'node:fs';
  import test, { mock } from 'node:test';
  test('timers of the runner', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const called = [];
    setTimeout(() => called.push('timeout'), 10_000);
    const interval = setInterval(() => called.push('interval'), 4000);
    t.mock.timers.tick(10_000);
    clearInterval(interval);
    assert.deepEqual(called, ['interval', 'interval', 'timeout']);
  });
  test('functions of the runner', (t) => {
    const read = t.mock.method(fs, 'readFileSync', () => 'fake');
    assert.deepEqual([fs.readFileSync('/nonexistent'), read.mock.callCount()], ['fake', 1]);
    t.mock.restoreAll();
    assert.throws(() => fs.readFileSync('/nonexistent'), { code: 'ENOENT' });
  });
  test('fails', () => assert.equal(1, 2));
  test('is skipped', { skip: true }, () => assert.fail());
  test('awaits', async () => { await new Promise((resolve) => setTimeout(resolve, 5)); });
  test.after(() => mock.reset());
`;

it('node --test has the same results', async () => {
  const sandbox = makeSandbox();
  const file = join(sandbox.directory, 'guest.test.mjs');
  writeFileSync(file, TESTS);
  const args = ['--test', '--test-reporter=tap', file];
  const resultsOf = ({ code, stdout }: Ended) => [
    code,
    stdout.replaceAll(/duration_ms:? .*/g, 'duration_ms').replaceAll(/\(node:\d+\)/g, '(node)'),
  ];
  const alone = resultsOf(await startNode(sandbox, args).ended);
  expect(alone).toEqual([1, expect.stringContaining('# fail 1')]);
  const instrumented = { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined } };
  const settings = fileURLToPath(new URL('../guest-suites/all-events.json', import.meta.url));
  const { ended, summary } = await record(instrumented, [process.execPath, ...args], ['--settings', settings]);
  expect(resultsOf(ended)).toEqual(alone);
  // Node.js loads no preload in the runner itself, only in the processes of test files.
  expect(summary.eventsRecorded).toBeGreaterThan(10);
});
