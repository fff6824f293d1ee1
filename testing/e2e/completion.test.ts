import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeSandbox, program, REGISTER_URL, ringtail, type Sandbox, startNode, succeed, until } from './harness.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));

/** Shells are not peers: a missing shell is never a failure. */
function isInstalled(command: string): boolean {
  const isThere = spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
  if (!isThere) process.stderr.write(`SKIPPED: ${command} is not installed: not tested: completion in it\n`);
  return isThere;
}

const hasBash = isInstalled('bash') && isInstalled('script');
const hasZsh = isInstalled('zsh');
const hasFish = isInstalled('fish');

/**
 * A sandbox in which `ringtail` is a command, with a daemon, two sessions and a program with the tracepoint `e2e:step`.
 */
async function sandboxWithNames(): Promise<Sandbox> {
  const base = makeSandbox();
  const bin = join(base.directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(base.directory, 'three.txt'), '');
  symlinkSync(BIN, join(bin, 'ringtail'));
  const env = { ...base.env, RINGTAIL_RUNDIR: join(base.directory, 'run'), TERM: 'dumb', INPUTRC: '/dev/null' };
  const sandbox = { ...base, env: { ...env, PATH: [bin, process.env.PATH].join(delimiter) } };
  await succeed(sandbox, 'create', 'morning run', '-o', join(base.directory, 'one'));
  await succeed(sandbox, 'create', 'evening', '-o', join(base.directory, 'two'));
  await succeed(sandbox, 'enable-channel', '-u', 'blue,brown');
  await succeed(sandbox, 'enable-event', '-u', '-c', 'blue', 'wild:*');
  const app = startNode(sandbox, ['--import', REGISTER_URL, program('steps.mjs')]);
  await app.says(/ready/);
  const complete = async () => (await ringtail(sandbox, ['__complete', '--', 'enable-event', 'e2e:'])).stdout;
  await until(async () => (await complete()) === 'e2e:step\n');
  return sandbox;
}

/** Completion leaves out the daemon's names after 300 ms, since a person waits: the tests try again. */
describe('completion', () => {
  it('prints nothing and starts nothing without a daemon, whatever its arguments', async () => {
    const sandbox = makeSandbox();
    const runDirectory = join(sandbox.directory, 'run');
    for (const words of [
      ['start', ''],
      ['list', '--nope', 'x'],
      ['enable-event', '-u', 'a,b'],
      ['nope', '-x', '--nope='],
    ]) {
      const ended = await ringtail(sandbox, ['__complete', '--', ...words], { RINGTAIL_RUNDIR: runDirectory });
      expect([words, ended]).toEqual([words, { code: 0, signal: null, stderr: '', stdout: '' }]);
    }
    expect(existsSync(runDirectory)).toBe(false);
  });

  it.skipIf(!hasBash)('in bash completes names with colons, options with =, and names in quotes', async () => {
    const sandbox = await sandboxWithNames();
    // The typed line, and the words of the command.
    const typed: readonly (readonly [string, readonly string[]])[] = [
      ['regen\tmet\t', ['regenerate', 'metadata']],
      ['enable-event -u e2e:\t', ['enable-event', '-u', 'e2e:step']],
      ['enable-event -u e2e:st\t', ['enable-event', '-u', 'e2e:step']],
      ['enable-event -u a:b,e2e:st\t', ['enable-event', '-u', 'a:b,e2e:step']],
      ["enable-event -f 'n > 5' -u 'e2e:st\t", ['enable-event', '-f', 'n > 5', '-u', 'e2e:step']],
      ['enable-event --session=eve\t', ['enable-event', '--session=evening']],
      ['enable-event --session=\t', ['enable-event', '--session=']],
      ['enable-event --chan\tbl\t', ['enable-event', '--channel', 'blue']],
      ['disable-event -u wi\t', ['disable-event', '-u', 'wild:*']],
      ['start mor\t', ['start', 'morning run']],
      ['start "mor\t', ['start', 'morning run']],
      ['create --clock=t\t', ['create', '--clock=tsc']],
      ['create -o thr\t', ['create', '-o', 'three.txt']],
    ];
    const shown = (words: readonly string[]) => words.map((word) => `<${word}>`).join('');
    // A busy machine is rarely in time for all lines at once.
    let pending = typed;
    const show = () => {
      const terminal = spawnSync('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
        cwd: sandbox.directory,
        env: { ...sandbox.env },
        encoding: 'utf8',
        timeout: 100_000,
        input: [
          'source <(ringtail completion bash)',
          'show() { printf "<%s>" "$@"; echo; }',
          'complete -o bashdefault -o default -F _ringtail show',
          ...pending.map(([line]) => `show ${line}`),
          'exit',
          '',
        ].join('\n'),
      });
      const lines = terminal.stdout.split(/\r?\n/).filter((line) => /^<.*>$/.test(line));
      const wrong = lines.filter((line, at) => line !== shown(pending[at]?.[1] ?? []));
      pending = pending.filter(([, words], at) => lines[at] !== shown(words));
      return { pending, wrong };
    };
    await expect.poll(show).toEqual({ pending: [], wrong: [] });
  });

  it.skipIf(!hasZsh)('in zsh completes names with colons and names with spaces', async () => {
    const sandbox = await sandboxWithNames();
    const complete = (...words: string[]) => {
      // Replacements for the widgets of a line editor; `words` are as typed.
      const script = `
        compdef() { :; }; _files() { print -r -- FILES; }; compadd() { shift; print -rl -- "$@"; }
        source <(ringtail completion zsh)
        words=(ringtail "$@"); CURRENT=$#words; PREFIX=$words[-1]
        _ringtail`;
      const zsh = spawnSync('zsh', ['-f', '-c', script, 'zsh', ...words], {
        env: { ...sandbox.env },
        encoding: 'utf8',
      });
      expect(zsh.stderr).toBe('');
      return zsh.stdout.trimEnd().split('\n');
    };
    await expect.poll(() => complete('enable-event', '-u', 'e2e:s')).toEqual(['e2e:step']);
    await expect.poll(() => complete('enable-event', "'n > 5'", '--session=m')).toEqual(['--session=morning run']);
    await expect.poll(() => complete('start', '')).toEqual(['evening', 'morning run']);
    await expect.poll(() => complete('create', '-o', '')).toEqual(['FILES']);
  });

  it.skipIf(!hasFish)('in fish completes names with colons and options with =', async () => {
    const sandbox = await sandboxWithNames();
    const complete = (line: string) => {
      const script = 'ringtail completion fish | source; complete -C $argv[1]';
      const fish = spawnSync('fish', ['--no-config', '-c', script, line], {
        cwd: sandbox.directory,
        env: { ...sandbox.env, HOME: sandbox.home },
        encoding: 'utf8',
      });
      expect(fish.stderr).toBe('');
      return fish.stdout.trimEnd().split('\n');
    };
    await expect.poll(() => complete('ringtail enable-event -u e2e:s')).toEqual(['e2e:step']);
    await expect.poll(() => complete('ringtail enable-event --session=e')).toEqual(['--session=evening']);
    await expect.poll(() => complete('ringtail start ')).toEqual(['evening', 'morning run']);
    await expect.poll(() => complete('ringtail create --clock t')).toEqual(['tsc']);
    await expect.poll(() => complete('ringtail create -o thr')).toEqual(['three.txt']);
  });
});
