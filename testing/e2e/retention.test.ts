import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTraces } from '@ringtail/reader';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRunning, ringtail, type Sandbox, sandboxWithDaemon, sessionDaemonOf, succeed, until } from './harness.ts';
import { startSteps } from './steps.ts';

async function start(sandbox: Sandbox, output: string, ...options: readonly string[]): Promise<void> {
  await succeed(sandbox, 'create', 's', '-o', output, ...options);
  await succeed(sandbox, 'enable-event', '-u', 'e2e:*');
  await succeed(sandbox, 'start');
}

async function snapshot(sandbox: Sandbox): Promise<string> {
  const { code, stdout } = await ringtail(sandbox, ['snapshot', 'record', '--output-format=json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { path: string }).path;
}

describe('limits of snapshots', () => {
  it('leave a snapshot that is being read, and hold over the death of the daemon', async () => {
    const sandbox = sandboxWithDaemon();
    const output = join(sandbox.directory, 'output');
    await start(sandbox, output, '--snapshot', '--keep-count=2');
    await startSteps(sandbox);
    const first = await snapshot(sandbox);
    const reader = openTraces(first);
    onTestFinished(() => reader.close());
    const second = await snapshot(sandbox);
    const third = await snapshot(sandbox);
    const fourth = await snapshot(sandbox);
    await until(() => !existsSync(second));
    expect([first, third, fourth].map((path) => existsSync(path))).toEqual([true, true, true]);
    expect([...reader].length).toBeGreaterThan(0);
    reader.close();
    await succeed(sandbox, 'save', 's');
    const daemon = sessionDaemonOf(sandbox);
    process.kill(daemon, 'SIGKILL');
    await until(() => !isRunning(daemon));
    const isRecovered = () => readdirSync(output).some((name) => name.startsWith('s-recovered-'));
    await until(isRecovered);
    // As after a restart of the machine: the new daemon loads the session.
    await succeed(sandbox, 'create', 'other', '--no-output');
    await succeed(sandbox, 'load', 's');
    await until(() => readdirSync(output).length === 2);
    expect([existsSync(first), isRecovered()]).toEqual([false, true]);
    const fifth = await snapshot(sandbox);
    await until(() => readdirSync(output).length === 2);
    expect(existsSync(fifth)).toBe(true);
  });
});

describe('limits of archives', () => {
  it('free a full disk', async ({ skip }) => {
    const sandbox = sandboxWithDaemon();
    const disk = join(sandbox.directory, 'disk');
    mkdirSync(disk);
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'none', disk]).status === 0;
    if (!isMounted) return skip('no small file system could be mounted');
    onTestFinished(() => void spawnSync('umount', ['--lazy', disk]));
    const output = join(disk, 'output');
    await start(sandbox, output);
    for (let i = 0; i < 3; i++) await succeed(sandbox, 'rotate');
    await succeed(sandbox, 'stop');
    expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(2 * 1024 ** 2))).toThrow(/ENOSPC/);
    await succeed(sandbox, 'enable-rotation', '--keep-count=1');
    await until(() => readdirSync(join(output, 'archives')).length === 1);
    expect(await succeed(sandbox, 'list', 's')).toContain('Removed by limits: 2\n');
  });
});
