import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, findProgram, makeSandbox, program, Running, startRingtail, summaryOf } from './harness.ts';

const node = process.execPath;

describe('signals to ringtail record', () => {
  it('reach the command, which handles them, and its exit code is kept', async () => {
    const sandbox = makeSandbox();
    const running = startRingtail(sandbox, [
      'record',
      '-o',
      'trace',
      '--output-format=json',
      node,
      program('signals.mjs'),
    ]);
    await running.says(/ready/);
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGQUIT', 'SIGTERM'] as const) {
      running.kill(signal);
      await running.says(new RegExp(`got ${signal}`));
    }
    const ended = await running.ended;
    expect(ended.code).toBe(42);
    expect(ended.stdout.trimEnd().split('\n')).toEqual([
      'ready',
      'got SIGINT',
      'got SIGHUP',
      'got SIGUSR2',
      'got SIGQUIT',
      'got SIGTERM',
    ]);
    expect(summaryOf(ended)).toMatchObject({ exitCode: 42, eventsRecorded: 5 });
    expect(eventsOf(sandbox, join(sandbox.directory, 'trace')).at(-1)?.fields).toContain('name = "SIGTERM"');
  });

  it('that end the command end ringtail in the same way, after the summary', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const sandbox = makeSandbox();
      const running = startRingtail(sandbox, [
        'record',
        '-o',
        'trace',
        '--output-format=json',
        node,
        program('steps.mjs'),
      ]);
      await running.says(/ready/);
      process.kill(findProgram('steps.mjs', running.pid), signal);
      const ended = await running.ended;
      expect(ended.signal).toBe(signal);
      expect(summaryOf(ended).signal).toBe(signal);
    }
  });

  it('from a terminal reach the command once', async () => {
    const sandbox = makeSandbox();
    const ringtail = program('../../../packages/cli/bin/ringtail.mjs');
    const words = [node, ringtail, 'record', '-o', 'trace', node, program('signals.mjs')];
    // Without `exec` a shell stays between `script` and ringtail, and some die of the terminal's SIGQUIT.
    const command = `exec ${words.join(' ')}`;
    const terminal = new Running('script', ['-qefc', command, '/dev/null'], sandbox.env, sandbox.directory);
    await terminal.says(/ready/);
    terminal.process.stdin?.write('\x03');
    await terminal.says(/got SIGINT/);
    terminal.process.stdin?.write('\x1c');
    await terminal.says(/got SIGQUIT/);
    process.kill(findProgram('signals.mjs', terminal.pid), 'SIGTERM');
    const ended = await terminal.ended;
    expect(ended.code).toBe(42);
    expect(ended.stdout.match(/got SIG\w+/g)).toEqual(['got SIGINT', 'got SIGQUIT', 'got SIGTERM']);
    expect(ended.stdout).toContain('3 events');
  });
});
