import { describe, expect, it } from 'vitest';
import { run } from './cli.ts';
import { fakeContext } from './testing/fake-context.test.support.ts';

describe('the command line', () => {
  it.each([
    ['record', true],
    ['guard', true],
    ['view', false],
  ])('begins each error on a line of its own where the command runs a program: %s', async (command, isBeside) => {
    let errors = '';
    const stderr = { isTTY: true, columns: 4, write: (text: string) => (errors += text) };
    expect((await run([command, '/nosuch'], fakeContext({ stderr }))).code).not.toBe(0);
    expect(errors.startsWith('\u001b[m    \u001b[G\u001b[2K')).toBe(isBeside);
    expect(errors).toContain('/nosuch');
  });

  it('exits with 2 for what is not defined, and with 1 for other mistakes', async () => {
    for (const [code, ...args] of [
      [2, 'no-such-command'],
      [2, 'list', '--no-such-option'],
      [2, 'no-such-command', '--help'],
      [1, '--no-such-option'],
      [1, '--mi'],
      [2, 'create', '-o'],
      [1, 'add-trigger', '--name'],
      [1, 'create', '-o', '/a', '-U', 'file:///b'],
      [1, '--relayd-path=/a', 'list'],
      [1, 'version', 'excess'],
      [1, '--mi=json', 'list'],
      [2, 'snapshot', 'no-such-action'],
      [2, 'regenerate', 'no-such-part'],
      [2, 'metadata', 'no-such-action'],
      [1, 'snapshot'],
      [1, 'regenerate'],
      [1, 'enable-rotation'],
      [1, 'disable-rotation'],
      [1, 'track', '-u'],
      [1, 'track', '-u', '--vpid'],
      [1, 'track', '-u', '--vuid=no-such-user'],
      [1, 'add-context', '-u'],
      [1, 'create', '--live'],
      [1, 'create', '-U', 'net://host'],
      [1, 'list', '-k'],
      [1, 'help', 'no-such-command'],
      [1, 'enable-channel', '-u'],
      [1, 'record'],
      [1, 'record', '--clock=sundial', 'true'],
      [1, 'record', '--overwrite', '--discard', 'true'],
      [1, 'record', '-l', 'loud', 'true'],
      [1, 'start'],
      [1, 'view', '.', '--jobs=0'],
    ] as const) {
      const context = fakeContext();
      expect([await run(args, context), args]).toEqual([{ code }, args]);
      expect([args, context.errors() !== '']).toEqual([args, true]);
      expect(context.output()).toBe('');
    }
  });

  it('takes no value of an option and no word of another command for the name of its command', async () => {
    for (const [words, message] of [
      [['--group', 'list', 'no-such-command'], "unknown command 'no-such-command'"],
      [['no-such-command', 'list'], "unknown command 'no-such-command'"],
      [['toString'], "unknown command 'toString'"],
      [['--no-such-option', 'list'], "unknown option '--no-such-option'"],
    ] as const) {
      const context = fakeContext();
      await run(words, context);
      expect(context.errors()).toContain(`ringtail: error: ${message}`);
    }
  });

  it('lists all commands, also where it names one', async () => {
    const context = fakeContext();
    expect(await run(['--list-commands', 'view'], context)).toEqual({ code: 0 });
    expect(context.output().split('\n')).toEqual(expect.arrayContaining(['record', 'view', 'help']));
  });

  it('suggests what may have been meant', async () => {
    const context = fakeContext();
    await run(['enable-evnt'], context);
    expect(context.errors()).toContain('Did you mean enable-event?');
  });

  it('explains itself and every sub-command on standard output', async () => {
    const overview = fakeContext();
    expect(await run(['help'], overview)).toEqual({ code: 0 });
    const commands = [
      ...(overview.output().split(/^Commands:|^Examples:/m)[1] ?? '').matchAll(/^ {2}([a-z-]+) /gm),
    ].map((match) => match[1] as string);
    expect(commands).toContain('record');
    for (const command of commands) {
      const context = fakeContext();
      expect(await run(['help', command], context)).toEqual({ code: 0 });
      expect(context.output()).toContain(`Usage: ringtail ${command}`);
    }
  });

  it('writes results as JSON when asked, before or after the sub-command', async () => {
    for (const args of [
      ['--output-format=json', 'version'],
      ['version', '--output-format', 'json'],
    ]) {
      const context = fakeContext();
      await run(args, context);
      expect(JSON.parse(context.output())).toMatchObject({ node: process.version });
    }
  });

  it('writes errors as JSON on standard error when asked, with code and next step', async () => {
    const context = fakeContext();
    expect(await run(['list', '--output-format=json'], context)).toEqual({ code: 1 });
    expect(JSON.parse(context.errors())).toEqual({
      error: {
        code: 'NO_DAEMON',
        message: expect.any(String),
        hint: expect.stringContaining('ringtail create'),
        lttngCode: 19,
      },
    });
  });

  it('says how to record where the run directory that was named has no daemon', async () => {
    const context = fakeContext();
    expect(await run(['record', '--rundir=nowhere', 'true'], context)).toEqual({ code: 1 });
    expect(context.errors()).toMatch(
      /no session daemon runs in .*nowhere\n {2}leave out --rundir and unset RINGTAIL_RUNDIR, to /,
    );
    const named = fakeContext({ env: { RINGTAIL_RUNDIR: '/no where' } });
    expect(await run(['record', 'true'], named)).toEqual({ code: 1 });
    expect(named.errors()).toContain(
      'no session daemon runs in /no where\n  RINGTAIL_RUNDIR names this directory: unset it, ',
    );
    expect(named.errors()).toContain("RINGTAIL_RUNDIR='/no where' ringtail create NAME");
  });

  it('leaves the options of a recorded command alone', async () => {
    const context = fakeContext();
    expect(await run(['record', 'no-such-command', '--no-such-option'], context)).toEqual({ code: 127 });
    expect(context.errors()).toContain('no-such-command: command not found');
  });
});
