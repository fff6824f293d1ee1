import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TriggerReport } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProgramRunner } from './exec-action.ts';

const NO_LIMIT_MS = 600_000;
const isRoot = process.geteuid?.() === 0;
const OWNER = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
const REPORT: TriggerReport = {
  trigger: 't',
  uid: OWNER.uid,
  condition: 'event-rule-matches',
  at: '2026-11-20T00:00:00.000Z',
  occurrences: 3,
  captures: { a: 'ü' },
  details: {},
};

let directory: string;
let runner: ProgramRunner;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-exec-'));
  runner = new ProgramRunner();
});
afterEach(() => {
  runner.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a script of the shell, whose first argument is a file in the test's directory. */
function run(script: string, timeoutMs = NO_LIMIT_MS, report = REPORT, owner = OWNER): Promise<void> {
  return runner.run(['/bin/sh', '-c', script, 'sh', join(directory, 'file')], timeoutMs, owner, report);
}
const written = () => readFileSync(join(directory, 'file'), 'utf8');

function isAlive(pid: number): boolean {
  try {
    // A process that nobody has waited for yet has ended all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a program', () => {
  it('finds the report on its standard input, and nothing of the daemon about it', async () => {
    process.env.RINGTAIL_TEST_SECRET = 'x';
    try {
      await run('{ cat; pwd; env | cut -d= -f1 | sort | tr "\\n" " "; } > "$1"');
    } finally {
      delete process.env.RINGTAIL_TEST_SECRET;
    }
    const [json = '', cwd, environment] = written().split('\n');
    expect(JSON.parse(json)).toEqual(REPORT);
    expect(cwd).toBe('/');
    expect(
      environment
        ?.trim()
        .split(' ')
        .filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)),
    ).toEqual(['LANG', 'PATH']);
  });

  it('may leave a long report unread', async () => {
    await run('exit 0', NO_LIMIT_MS, { ...REPORT, captures: { a: 'x'.repeat(1_000_000) } });
  });

  it('that fails is reported with its exit code and the end of its standard error', async () => {
    await expect(run('echo first >&2; printf "bad\\033[1m thing\\n" >&2; exit 3')).rejects.toThrow(
      /^\/bin\/sh ended with exit code 3: first\?bad\?\[1m thing$/,
    );
    await expect(run('kill -SEGV $$')).rejects.toThrow(/ended with SIGSEGV/);
    await expect(runner.run([join(directory, 'none')], NO_LIMIT_MS, OWNER, REPORT)).rejects.toThrow(
      /cannot be run: .*No such file/,
    );
    await expect(runner.run([directory], NO_LIMIT_MS, OWNER, REPORT)).rejects.toThrow(
      /cannot be run: .*Permission denied/,
    );
  });

  it('that floods its output is not held up, and keeps no memory', async () => {
    const before = process.memoryUsage().rss;
    await run('head -c 200000000 /dev/zero; head -c 50000000 /dev/zero >&2');
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('that hangs is killed at the limit with all that it started', async () => {
    await expect(run('sleep 1000 & echo $! > "$1"; trap "" TERM; wait', 300)).rejects.toThrow(
      'was killed after 300 ms',
    );
    await expect.poll(() => isAlive(Number(written()))).toBe(false);
  });

  it('ends together with the rest of its process group', async () => {
    await run('sleep 1000 & echo $! > "$1"');
    await expect.poll(() => isAlive(Number(written()))).toBe(false);
  });

  it('that leaves a process of another group behind, with its output open, has ended', async () => {
    await run('setsid sleep 1000 & echo $! > "$1"; while [ "$(ps -o pgid= -p $!)" -ne $! ]; do :; done');
    const pid = Number(written());
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it('is killed when the daemon ends', async () => {
    const running = run('echo $$ > "$1"; exec sleep 1000').catch((error: Error) => error.message);
    await expect.poll(() => existsSync(join(directory, 'file')) && written() !== '').toBe(true);
    runner.close();
    expect(await running).toMatch(/SIGKILL/);
    await expect.poll(() => isAlive(Number(written()))).toBe(false);
  });

  it.skipIf(!isRoot)('of a user is run as that user, without the groups of root', async () => {
    await run('{ id -u; id -g; id -G; } > "$1"');
    expect(written()).toBe(`${OWNER.uid}\n${OWNER.gid}\n${OWNER.gid}\n`);
    const owner = { uid: 65_534, gid: 65_533 };
    await expect(run('{ id -u; id -g; id -G; } >&2; exit 1', NO_LIMIT_MS, REPORT, owner)).rejects.toThrow(
      'exit code 1: 65534?65533?65533',
    );
    await expect(run('echo x > "$1"', NO_LIMIT_MS, REPORT, owner)).rejects.toThrow(/Permission denied/i);
  });
});
