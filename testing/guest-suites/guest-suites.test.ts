import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changedTests, readOutcomes, sumsOf } from './outcomes.mjs';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));

describe('outcomes in the Test Anything Protocol', () => {
  it('of node:test have the names of the tests around them', () => {
    const outcomes = readOutcomes(`TAP version 13
# Subtest: outer
    # Subtest: first
    ok 1 - first
      ---
      ok 9 is no result in YAML
      ...
    # Subtest: second
    not ok 2 - second
    1..2
not ok 1 - outer
# Subtest: later
ok 2 - later # SKIP no network
`);
    expect([...outcomes]).toEqual([
      ['outer > first', ['passed']],
      ['outer > second', ['failed']],
      ['outer', ['failed']],
      ['later', ['skipped']],
    ]);
    expect(sumsOf(outcomes)).toEqual({ passed: 1, failed: 2, skipped: 1 });
  });

  it('of mocha and ava have the name after the number, and equal names are kept apart', () => {
    const text = 'ok 1 app emits # twice\nok 2 app emits # twice\nnot ok 3 - stream › ends\nok 4 later # SKIP -\n';
    expect([...readOutcomes(text)]).toEqual([
      ['app emits # twice', ['passed', 'passed']],
      ['stream › ends', ['failed']],
      ['later', ['skipped']],
    ]);
  });
});

describe('changed tests', () => {
  const run = (outcome: string) => new Map([['a test', [outcome]]]);

  it('are those with an outcome that no run alone had', () => {
    expect(changedTests([run('passed')], [run('failed')])).toEqual([
      { name: 'a test', alone: ['passed'], recorded: ['failed'] },
    ]);
    expect(changedTests([run('passed')], [new Map()])).toHaveLength(1);
  });

  it('are not those that also fail alone in one of the runs', () => {
    expect(changedTests([run('passed'), run('failed')], [run('failed'), run('failed')])).toEqual([]);
  });
});

describe('the run', () => {
  const run = (...words: string[]) => spawnSync(process.execPath, [RUN, ...words], { encoding: 'utf8' });

  it('prints the numbers of both runs, and the tests that recording changes', () => {
    const checkout = mkdtempSync(join(tmpdir(), 'rt-checkout-'));
    onTestFinished(() => rmSync(checkout, { recursive: true }));
    mkdirSync(join(checkout, 'node_modules', '.bin'), { recursive: true });
    const mocha = `#!${process.execPath}
      console.log('ok 1 equal');
      console.log(/register/.test(process.env.NODE_OPTIONS) ? 'not ok 2 other' : 'ok 2 other');`;
    writeFileSync(join(checkout, 'node_modules', '.bin', 'mocha'), mocha, { mode: 0o755 });
    const { status, stdout } = run('ws', checkout);
    expect(stdout).toMatch(/^ws, alone: 2 passed, 0 failed, 0 skipped, exit code 0/m);
    expect(stdout).toMatch(/^ws, recorded: 1 passed, 1 failed, 0 skipped, exit code 0, .* events, 0 discarded$/m);
    expect(stdout).toContain('changed: other\n  alone: passed; recorded: failed\nws: 1 tests changed\n');
    expect(status).toBe(1);
  });

  it('refuses unknown suites, and folders without dependencies', () => {
    expect(run('nosuite').status).toBe(2);
    const { status, stderr } = run('ws', '/');
    expect([status, stderr]).toEqual([2, expect.stringContaining('/ is no checkout with installed dependencies')]);
  });
});
