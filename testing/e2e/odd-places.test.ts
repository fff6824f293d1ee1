/** Commands with an unusable working directory or home directory. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Ended,
  eventsOf,
  makeSandbox,
  program,
  RINGTAIL,
  Running,
  record,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  succeed,
} from './harness.ts';

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!canMount) console.warn('SKIPPED: no file system can be mounted here: not tested: a home that is read-only');

/** Runs `ringtail ARGS` in a shell after other commands, with a directory as `$1`. */
function after(sandbox: Sandbox, script: string, directory: string, args: readonly string[]): Promise<Ended> {
  const words = ['-c', `${script} && shift && exec "$@"`, 'sh', directory, process.execPath, RINGTAIL, ...args];
  return new Running('/bin/sh', words, sandbox.env, sandbox.directory).ended;
}

describe('a working directory that was removed', () => {
  function inRemovedDirectory(sandbox: Sandbox, ...args: string[]): Promise<Ended> {
    return after(sandbox, 'mkdir "$1" && cd "$1" && rmdir "$1"', join(sandbox.directory, 'gone'), args);
  }

  it('is not used by commands without relative paths', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    const lines = [
      ['create', 's', '-o', trace],
      ['enable-event', '-u', 'e2e:sample'],
      ['start'],
      ['list'],
      ['list', 's'],
      ['save'],
      ['stop'],
      ['destroy'],
      ['record', '-o', join(sandbox.directory, 'recorded'), process.execPath, program('emit.mjs'), '3'],
      ['view', join(sandbox.directory, 'recorded')],
      ['guard', process.execPath, program('emit.mjs'), '3'],
      ['version'],
      ['help', 'record'],
    ];
    for (const words of lines) {
      const { RINGTAIL_RUNDIR, ...env } = sandbox.env;
      const own = words[0] === 'record' || words[0] === 'guard';
      const ended = await inRemovedDirectory(own ? { ...sandbox, env } : sandbox, ...words);
      expect([words, ended.code], ended.stderr).toEqual([words, 0]);
    }
    const recorded = eventsOf(sandbox, join(sandbox.directory, 'recorded'));
    expect(recorded.filter(({ name }) => name === 'e2e:sample')).toHaveLength(3);
  });

  it('is named for a relative path', async () => {
    const sandbox = sandboxWithDaemon();
    for (const words of [
      ['create', 's', '-o', 'trace'],
      ['view', './trace'],
      ['record', '-o', 'trace', 'node'],
      ['crash', 'rings'],
      ['--sessiond-path=daemon.js', 'list'],
    ]) {
      const ended = await inRemovedDirectory(sandbox, ...words);
      expect([words, ended.code]).toEqual([words, 1]);
      expect(ended.stderr).toContain('is a relative path, and the working directory was removed');
    }
  });
});

describe('a package that is a link', () => {
  it('is loaded by its real path in a recorded program, as without Ringtail', async () => {
    const sandbox = makeSandbox();
    const real = join(sandbox.directory, 'store', 'linked');
    const modules = join(sandbox.directory, 'node_modules');
    for (const directory of [real, modules]) mkdirSync(directory, { recursive: true });
    writeFileSync(join(real, 'index.js'), 'module.exports = __filename;');
    symlinkSync(real, join(modules, 'linked'));
    const app = join(sandbox.directory, 'app.cjs');
    writeFileSync(app, "process.stdout.write(require('linked'));");
    const { ended } = await record(sandbox, [process.execPath, app]);
    expect(ended.stdout).toBe(join(real, 'index.js'));
  });
});

describe('a home directory', () => {
  it('that cannot be made is an error with the reason of the system, not an endless attempt', async () => {
    const sandbox = makeSandbox();
    const home = { RINGTAIL_HOME: '/proc/nope' };
    const { trace } = await record(sandbox, [process.execPath, program('emit.mjs'), '1']);
    for (const words of [
      ['record', process.execPath, program('emit.mjs')],
      ['guard', process.execPath, program('emit.mjs')],
      ['convert', '--format=ctf', '--output', '/proc/nope/out', trace],
      ['crash', sandbox.directory],
    ]) {
      const ended = await ringtail(sandbox, words, home);
      expect([words, ended.code]).toEqual([words, 1]);
      expect(ended.stderr).toContain('/proc/nope');
    }
    const withDaemon = sandboxWithDaemon();
    expect((await ringtail(withDaemon, ['create', 's'], home)).stderr).toContain(
      "ENOENT: no such file or directory, mkdir '/proc/nope'",
    );
    await succeed(withDaemon, 'create', 's', '-o', join(withDaemon.directory, 'trace'));
    expect((await ringtail(withDaemon, ['save'], home)).stderr).toContain("mkdir '/proc/nope'");
    expect((await ringtail(withDaemon, ['set-session', 's'], home)).stderr).toContain("mkdir '/proc/nope'");
  });

  it('whose variables are empty is that of the account', async () => {
    const sandbox = makeSandbox();
    const env = { ...sandbox.env, XDG_RUNTIME_DIR: '', RINGTAIL_SESSIOND_PATH: '', RINGTAIL_RUNDIR: '' };
    const { ended, summary } = await record({ ...sandbox, env }, [process.execPath, program('emit.mjs'), '1']);
    expect([ended.code, summary.eventsRecorded > 0]).toEqual([0, true]);
  });

  it.skipIf(!canMount)('on a read-only file system is an error that names this reason', async () => {
    const sandbox = sandboxWithDaemon();
    const mounted = join(sandbox.directory, 'mounted');
    mkdirSync(mounted);
    await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'trace'));
    const env = { ...sandbox.env, RINGTAIL_HOME: join(mounted, 'home') };
    for (const words of [
      ['record', '--rundir', join(sandbox.directory, 'run'), process.execPath, program('emit.mjs')],
      ['save'],
      ['set-session', 's'],
    ]) {
      const args = ['-rm', 'sh', '-c', 'mount -t tmpfs -o ro none "$0" && exec "$@"', mounted];
      const command = [...args, process.execPath, RINGTAIL, ...words];
      const ended = await new Running('unshare', command, env, sandbox.directory).ended;
      expect([words, ended.code]).toEqual([words, 1]);
      expect(ended.stderr).toContain('EROFS: read-only file system');
    }
  });
});

describe('a full disk under standard output', () => {
  it('is an error of one line', async () => {
    const sandbox = makeSandbox();
    for (const command of ['traces', '--help']) {
      const words = ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, RINGTAIL, command];
      const { code, stderr } = await new Running('/bin/sh', words, sandbox.env, sandbox.directory).ended;
      expect([code, stderr]).toEqual([1, 'ringtail: error: standard output: ENOSPC: no space left on device, write\n']);
    }
  });
});
