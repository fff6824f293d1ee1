import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openTraces } from '@ringtail/reader';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  indexesOf,
  makeSandbox,
  program,
  REGISTER_URL,
  type Running,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
  until,
} from './harness.ts';

interface Listed {
  readonly domains: readonly { readonly applications: readonly { readonly pid: number }[] }[];
}

async function registeredPids(sandbox: Sandbox): Promise<number[]> {
  const { domains } = await resultOf<Listed>(sandbox, 'list', '-u');
  return domains.flatMap(({ applications }) => applications.map(({ pid }) => pid));
}

function isRegistered(sandbox: Sandbox, running: Running): () => Promise<boolean> {
  return async () => (await registeredPids(sandbox)).includes(running.pid as number);
}

describe('a session made by commands', () => {
  it('works from create to destroy as in LTTng', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    expect(await succeed(sandbox, 'create', 'mine', '-o', trace)).toBe(
      `Session mine created.\nTraces will be output to ${trace}\n`,
    );
    expect(readFileSync(join(sandbox.home, '.ringtailrc'), 'utf8')).toBe('session=mine\n');
    expect(await succeed(sandbox, 'enable-channel', '-u', '--subbuf-size=64k', 'small')).toBe(
      'ust channel small enabled for session mine\n',
    );
    expect(await succeed(sandbox, 'enable-event', '-u', '-c', 'small', 'e2e:*', '-x', 'e2e:other')).toBe(
      'ust event e2e:* excluding "e2e:other" created in channel small\n',
    );
    expect(await succeed(sandbox, 'start')).toBe('Tracing started for session mine\n');
    expect(await succeed(sandbox, 'list')).toContain('mine [active]');
    const app = await startNode(sandbox, ['--import', REGISTER_URL, program('emit.mjs'), '20']).ended;
    expect(app.code).toBe(0);
    expect(await succeed(sandbox, 'stop')).toContain('Tracing stopped for session mine: 20 events, 0 discarded');
    const details = await succeed(sandbox, 'list', 'mine');
    expect(details).toContain('Recording session mine: [inactive]');
    expect(details).toContain('Sub-buffer size:  65536 bytes');
    expect(details).toContain('e2e:* (type: tracepoint) [enabled] [exclusions: e2e:other]');
    expect(await succeed(sandbox, 'destroy')).toContain('Session mine destroyed: 20 events');
    expect(await succeed(sandbox, 'list')).toBe('Currently no available recording session\n');
    expect(existsSync(join(sandbox.home, '.ringtailrc'))).toBe(false);
    expect(eventsOf(sandbox, trace).map(({ name }) => name)).toEqual(Array(20).fill('e2e:sample'));
  });

  it('takes effect in a program that never returns to its event loop', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 'outside', '-o', join(sandbox.directory, 'trace'));
    const app = startNode(sandbox, [program('tick-forever.mjs')]);
    await app.says(/ticking/);
    await until(isRegistered(sandbox, app));
    // The program is already in its loop; nothing is recorded until the rule is added.
    await succeed(sandbox, 'enable-event', '-u', 'other:*');
    await succeed(sandbox, 'start');
    await succeed(sandbox, 'enable-event', '-u', 'e2e:tick');
    const statistics = async () =>
      (await resultOf<{ statistics: { eventsRecorded: number } }>(sandbox, 'list', 'outside')).statistics;
    await until(async () => (await statistics()).eventsRecorded > 1000);
    // The loop emits faster than the disk can write; the commands warn about discarded events.
    const recordedBy = async (command: string) => {
      const { stdout } = await ringtail(sandbox, [command, '--output-format=json']);
      return Number(/"eventsRecorded":(\d+)/.exec(stdout)?.[1]);
    };
    const atStop = await recordedBy('stop');
    app.kill('SIGKILL');
    await app.ended;
    const recorded = await recordedBy('destroy');
    // The loop may have been inside of one event when the rule was removed.
    expect(recorded - atStop).toBeLessThanOrEqual(1);
    // Millions of events, counted without conversion to text.
    let count = 0;
    const names = new Set<string>();
    for (const message of openTraces(join(sandbox.directory, 'trace'))) {
      if (message.kind !== 'event') continue;
      count++;
      names.add(message.class.name);
    }
    expect(count).toBe(recorded);
    expect([...names]).toEqual(['e2e:tick']);
  });

  it('lists the tracepoints of running programs', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 'any');
    const app = startNode(sandbox, [program('steps.mjs')]);
    await app.says(/ready/);
    await until(isRegistered(sandbox, app));
    expect(await succeed(sandbox, 'list', '-u')).toMatch(
      new RegExp(
        `PID: ${app.pid} - Name: .*\\n(      .*\\n)*      e2e:step \\(loglevel: TRACE_DEBUG_LINE \\(13\\)\\) \\(type: tracepoint\\)`,
      ),
    );
    app.process.stdin?.end();
    expect((await app.ended).code).toBe(0);
    await until(async () => (await registeredPids(sandbox)).length === 0);
  });

  it('never mixes its files with those of another session in the same directory', async () => {
    const sandbox = sandboxWithDaemon();
    const wanted = join(sandbox.directory, 'shared');
    mkdirSync(wanted);
    writeFileSync(join(wanted, 'notes.txt'), 'not of a trace');
    const outputs = new Map<string, string>();
    const start = async (name: string) => {
      const { session } = await resultOf<{ session: { output: string } }>(sandbox, 'create', name, '-o', wanted);
      outputs.set(name, session.output);
      await succeed(sandbox, 'enable-event', '-u', 'e2e:sample');
      await succeed(sandbox, 'start');
    };
    const emit = async (count: string) => {
      const app = await startNode(sandbox, ['--import', REGISTER_URL, program('emit.mjs'), count]).ended;
      expect(app.code).toBe(0);
    };
    await start('one');
    await emit('3');
    await succeed(sandbox, 'destroy');
    await start('two');
    await start('three');
    await emit('5');
    await succeed(sandbox, 'destroy', '-a');
    expect(outputs.get('one')).toBe(wanted);
    expect(readdirSync(wanted).sort()).toEqual(
      ['notes.txt', 'ust', basename(outputs.get('two') ?? ''), basename(outputs.get('three') ?? '')].sort(),
    );
    expect(indexesOf(eventsOf(sandbox, join(wanted, 'ust')))).toEqual([0, 1, 2]);
    for (const name of ['two', 'three']) {
      expect(indexesOf(eventsOf(sandbox, outputs.get(name) ?? ''))).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('is destroyed with all others by destroy -a', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 'one');
    await succeed(sandbox, 'create', 'two');
    expect((await succeed(sandbox, 'destroy', '-a')).match(/Session (one|two) destroyed/g)?.length).toBe(2);
    expect(await succeed(sandbox, 'destroy', '-a')).toBe('No session found, nothing to do.\n');
  });
});

describe('mistakes on the command line', () => {
  it('exit with 1 for a failed command and 2 for an unknown command or option', async () => {
    const sandbox = makeSandbox();
    const code = async (...args: string[]) => (await ringtail(sandbox, args)).code;
    expect(await code('list', '--no-such-option')).toBe(2);
    expect(await code('no-such-command')).toBe(2);
    expect(await code('enable-channel', '-u')).toBe(1);
    expect(await code('start')).toBe(1);
    expect(await code('version')).toBe(0);
    expect(await code('help', 'record')).toBe(0);
  });

  it('name the next step', async () => {
    const sandbox = sandboxWithDaemon();
    expect((await ringtail(sandbox, ['start'])).stderr).toContain('ringtail create NAME');
    expect((await ringtail(sandbox, ['list'])).stderr).toContain('no session daemon runs in');
    expect((await ringtail(sandbox, ['view'])).stderr).toContain('ringtail record node app.js');
    expect((await ringtail(sandbox, ['lst'])).stderr).toContain('Did you mean list?');
    await succeed(sandbox, 'create', 'twice');
    const again = await ringtail(sandbox, ['create', 'twice', '--output-format=json']);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stderr)).toMatchObject({ error: { message: expect.stringContaining('twice') } });
  });
});
