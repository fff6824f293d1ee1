import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CHANNEL, NO_STATISTICS, type SessionDescription } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { TRIGGERS } from '../mi/samples.test.support.ts';
import { readCurrentSession, writeCurrentSession } from '../session/current-session.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';
import {
  type Answers,
  type FakeDaemon,
  fakeDaemon,
  noSuchSession,
  Refusal,
  sessionCalled,
} from '../testing/fake-daemon.test.support.ts';

interface World {
  readonly context: FakeContext;
  readonly daemon: FakeDaemon;
}

/** A home in which `s` is the current session, and a daemon that has the sessions given. */
async function world(answers: Answers = {}, ...sessions: SessionDescription[]): Promise<World> {
  const context = fakeContext();
  writeCurrentSession(context, 's');
  const known = sessions.length === 0 ? [sessionCalled('s')] : sessions;
  const daemon = await fakeDaemon(context, {
    'list-sessions': () => known,
    'session-statistics': () => NO_STATISTICS,
    'session-memory': () => [],
    ...answers,
  });
  return { context, daemon };
}

/** Everything asked but what only looks. */
function orders({ daemon }: World): unknown[] {
  return daemon.asked
    .filter(({ command }) => !command.startsWith('list-') && command !== 'session-statistics')
    .map(({ command, params }) => [command, params]);
}

const accept = () => null;

describe('create', () => {
  const created = (params: { name: string; output: string | null; snapshot: boolean }) => ({
    name: params.name,
    output: params.output,
  });

  it('makes the session the current one, private and in place of whatever was there', async () => {
    const { context } = await world({ 'create-session': created }, sessionCalled('new'));
    const rc = join(context.env.RINGTAIL_HOME as string, '.ringtailrc');
    const planted = join(context.cwd, 'planted');
    writeFileSync(planted, 'precious');
    rmSync(rc);
    symlinkSync(planted, rc);
    expect(await run(['create', 'new'], context)).toMatchObject({ code: 0 });
    expect(context.output()).toBe('Session new created.\nTraces will be output to /traces/new\n');
    expect(readFileSync(rc, 'utf8')).toBe('session=new\n');
    expect(lstatSync(rc).isSymbolicLink()).toBe(false);
    expect(lstatSync(rc).mode & 0o777).toBe(0o600);
    expect(readFileSync(planted, 'utf8')).toBe('precious');
    expect(readdirSync(context.cwd).filter((name) => name.startsWith('.ringtailrc'))).toEqual(['.ringtailrc']);
  });

  it('succeeds with a warning where the current session cannot be noted', async () => {
    const { context } = await world({ 'create-session': created }, sessionCalled('new'));
    const home = '/proc/no-such-home';
    const env = { ...context.env, RINGTAIL_HOME: home };
    expect(await run(['create', 'new', '-o', '/traces/new'], { ...context, env })).toMatchObject({ code: 4 });
    expect(context.output()).toBe('Session new created.\nTraces will be output to /traces/new\n');
    expect(context.errors()).toMatch(/session new is not the current one: cannot write .*no-such-home.*ENOENT/);
    expect(context.errors()).toContain('-s new, or make it the current one later: ringtail set-session new');
  });

  it('asks for what the options say', async () => {
    const it = await world(
      { 'create-session': created },
      sessionCalled('box', { snapshot: true, output: '/o', shmPath: '/shm' }),
    );
    const args = ['create', 'box', '--snapshot', '-o', '/o', '--shm-path=/shm', '-F', 'ctf-2', '--clock=tsc'];
    expect(await run(args, it.context)).toMatchObject({ code: 0 });
    expect(orders(it)).toEqual([
      ['create-session', { name: 'box', output: '/o', shmPath: '/shm', clock: 'tsc', snapshot: true, format: 'ctf-2' }],
    ]);
    expect(it.context.output()).toContain('Snapshot session box created.\nDefault snapshot output set to /o\n');
  });

  it('passes limits of archives and snapshots on, and refuses them without an output', async () => {
    const it = await world({ 'create-session': created }, sessionCalled('s'));
    expect(await run(['create', 's', '-o', '/o', '--keep-count=10', '--keep-age=7d'], it.context)).toEqual({ code: 0 });
    expect(orders(it)).toMatchObject([
      ['create-session', { retention: { ageSeconds: 604_800, count: 10, bytes: null } }],
    ]);
    expect(await run(['create', 's', '--no-output', '--keep-size=1G'], it.context)).toEqual({ code: 1 });
    expect(await run(['create', 's', '--keep-age=7'], it.context)).toEqual({ code: 1 });
    expect(it.context.errors()).toContain('"7" is no age\n  write a number with s, m, h, d or w: 90s, 12h, 7d');
    expect(orders(it)).toHaveLength(1);
  });

  it.each([['create', 's'], ['enable-rotation'], ['snapshot', 'add-output', '/q'], ['traces']])(
    '%s warns once of a --keep-size that is likely in MiB',
    async (...words) => {
      const limits = { ageSeconds: null, count: null, bytes: 1 };
      const it = await world(
        {
          'create-session': created,
          'set-retention': () => limits,
          'add-snapshot-output': ({ output: { path } }) => ({
            id: 1,
            name: 'q',
            path,
            maxBytes: null,
            retention: limits,
          }),
        },
        sessionCalled('s', { snapshot: true }),
      );
      const warning = 'warning: --keep-size=1: a number without a unit is in bytes. For MiB, write 1M\n';
      expect(await run([...words, '--keep-size=1'], it.context)).toMatchObject({ code: 0 });
      expect(it.context.errors()).toBe(warning);
      for (const size of ['0', '1k', '4096']) await run([...words, `--keep-size=${size}`], it.context);
      expect(it.context.errors()).toBe(warning);
    },
  );

  it('takes a file URL for a directory, and refuses what needs a network', async () => {
    const it = await world({ 'create-session': created }, sessionCalled('u'));
    const directory = join(it.context.cwd, 'a b');
    expect(await run(['create', 'u', '-U', `file://${it.context.cwd}/a%20b`], it.context)).toMatchObject({ code: 0 });
    expect(orders(it)[0]).toMatchObject(['create-session', { output: directory }]);
    for (const args of [['-U', 'net://host'], ['-C', 'tcp://h', '-D', 'tcp://h'], ['--live'], ['--live=5']]) {
      expect(await run(['create', 'u', ...args], it.context)).toMatchObject({ code: 1 });
      expect(it.context.errors()).toContain('not supported yet');
    }
  });

  it('starts no daemon with --no-sessiond', async () => {
    const context = fakeContext();
    expect(await run(['-n', 'create', 'x'], context)).toMatchObject({ code: 1 });
    expect(context.errors()).toContain('no session daemon runs');
  });
});

describe('a session that is not there', () => {
  it('is told with the nearest name', async () => {
    const { context } = await world({ 'start-session': noSuchSession }, sessionCalled('production'));
    expect(await run(['start', 'prodution'], context)).toMatchObject({ code: 23 });
    expect(context.errors()).toContain('no session "prodution"');
    expect(context.errors()).toContain('did you mean "production"? ringtail list names them');
  });

  it('is told to be stale where it was the current one', async () => {
    for (const [code, ...args] of [
      [23, 'stop'],
      [1, 'status'],
      [1, 'rotate'],
      [23, 'enable-event', '-u', '-a'],
      [1, 'snapshot', 'record'],
    ] as const) {
      const { context } = await world(
        {
          'stop-session': noSuchSession,
          'rotate-session': noSuchSession,
          'enable-event': noSuchSession,
          'record-snapshot': noSuchSession,
        },
        sessionCalled('other'),
      );
      expect(await run(args, context)).toMatchObject({ code });
      expect(context.errors()).toContain('it was the current one and has been destroyed');
      expect(context.errors()).toContain('ringtail set-session NAME');
    }
  });

  it('has a number of LTTng in JSON', async () => {
    const { context } = await world({ 'start-session': noSuchSession }, sessionCalled('other'));
    await run(['start', 'x', '--output-format=json'], context);
    expect(JSON.parse(context.errors())).toMatchObject({ error: { code: 'NO_SUCH_SESSION', lttngCode: 23 } });
  });
});

describe('start, stop, clear and destroy', () => {
  it('of all sessions, or those whose names match, go on behind one that fails', async () => {
    const sessions = ['night-1', 'day', 'night-2'].map((name) => sessionCalled(name));
    const it = await world(
      {
        'start-session': ({ session }) => {
          if (session === 'night-1') throw new Refusal('ALREADY_STARTED', 'it is started already');
          return null;
        },
      },
      ...sessions,
    );
    expect(await run(['start', '-g', 'night-*'], it.context)).toMatchObject({ code: 80 });
    expect(it.context.output()).toBe('Tracing started for session night-2\n');
    expect(it.context.errors()).toBe('warning: it is started already\n');
    expect(await run(['start', '--all'], it.context)).toMatchObject({ code: 80 });
    expect(orders(it)).toHaveLength(5);
  });

  it('say with --no-wait that it is stopped, and nothing of what is not known yet', async () => {
    const it = await world({ 'begin-stop': () => null });
    expect(await run(['stop', '-n'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toBe('Tracing stopped for session s\n');
    expect(await run(['stop', '--no-wait', '--output-format=json'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toContain('{"command":"stop","sessions":[{"session":"s","success":true}]}');
  });

  it('exit as the first failure does, whatever was warned of', async () => {
    const it = await world(
      {
        'stop-session': ({ session }) => {
          if (session === 'b') throw new Refusal('NOT_PERMITTED', 'it is not yours');
          throw new Refusal('ALREADY_STOPPED', 'it is not started');
        },
      },
      ...['a', 'b', 'c'].map((name) => sessionCalled(name)),
    );
    expect(await run(['stop', '-a'], it.context)).toMatchObject({ code: 1 });
    expect(await run(['stop', 'a'], it.context)).toMatchObject({ code: 81 });
  });

  it('forget the current session when it is destroyed, and only then', async () => {
    const { context } = await world({ 'destroy-session': () => NO_STATISTICS, 'begin-destruction': () => null });
    const rc = join(context.env.RINGTAIL_HOME as string, '.ringtailrc');
    expect(await run(['destroy', 'other'], context)).toMatchObject({ code: 0 });
    expect(existsSync(rc)).toBe(true);
    expect(await run(['destroy', '-n'], context)).toMatchObject({ code: 0 });
    expect(existsSync(rc)).toBe(false);
    expect(context.output()).toBe('Session other destroyed: 0 events, 0 discarded, 0 B\nSession s destroyed\n');
  });

  it('have nothing to do where there is no session', async () => {
    for (const words of ['start -a', 'start -g x*', 'stop -a', 'clear -a', 'destroy -a']) {
      const context = fakeContext();
      await fakeDaemon(context, { 'list-sessions': () => [] });
      expect([words, await run(words.split(' '), context)]).toEqual([words, { code: 0 }]);
      expect([words, context.output()]).toEqual([words, 'No session found, nothing to do.\n']);
    }
  });

  it('refuse a name together with --all', async () => {
    for (const command of ['start', 'stop', 'clear', 'destroy']) {
      const { context } = await world();
      expect(await run([command, 's', '-a'], context)).toMatchObject({ code: 1 });
    }
  });
});

describe('enable-channel', () => {
  it('says every attribute of LTTng', async () => {
    const it = await world({ 'enable-channel': accept });
    const args = [
      '--subbuf-size=64k --num-subbuf=8 --blocking-timeout=5ms --switch-timer=1s --read-timer=200 --monitor-timer=0',
      '-C 1M -W 3 --buffer-ownership=process --buffer-preallocation=preallocate --auto-reclaim-memory=older-than:30s',
      '--output=mmap',
    ].join(' ');
    expect(await run(['enable-channel', '-u', 'a,b', ...args.split(' ')], it.context)).toMatchObject({ code: 0 });
    const channel = {
      ...DEFAULT_CHANNEL,
      subBufBytes: 65536,
      subBufCount: 8,
      blockingTimeoutUs: 5000,
      switchTimerUs: 1_000_000,
      readTimerUs: 200,
      monitorTimerUs: 0,
      traceFileBytes: 1024 ** 2,
      traceFileCount: 3,
      ownership: 'process',
      preallocation: 'preallocate',
      reclaimAfterUs: 30_000_000,
    };
    expect(orders(it)).toEqual(
      ['a', 'b'].map((name) => ['enable-channel', { session: 's', domain: 'user', channel: { ...channel, name } }]),
    );
    expect(it.context.output()).toBe('ust channel a enabled for session s\nust channel b enabled for session s\n');
  });

  it('has sub-buffers that fit in its trace files', async () => {
    const it = await world({ 'enable-channel': accept });
    await run(['enable-channel', '-u', 'a', '-C', '1500k'], it.context);
    await run(['enable-channel', '-u', 'a', '-C', '4k', '--subbuf-size=1M'], it.context);
    expect(orders(it)).toMatchObject([
      ['enable-channel', { channel: { subBufBytes: 1024 ** 2, traceFileBytes: 1500 * 1024 } }],
      ['enable-channel', { channel: { subBufBytes: 1024 ** 2, traceFileBytes: 1024 ** 2 } }],
    ]);
    expect(it.context.errors()).toContain('Tracefile size rounded up from (4096) to subbuffer size (1048576)');
  });

  it('overwrites in a flight recorder', async () => {
    const it = await world({ 'enable-channel': accept }, sessionCalled('s', { snapshot: true }));
    await run(['enable-channel', '-u', 'a'], it.context);
    expect(orders(it)).toMatchObject([['enable-channel', { channel: { mode: 'overwrite' } }]]);
  });

  it('warns with exit code 4 of a channel that is there, and makes the others', async () => {
    const it = await world({
      'enable-channel': ({ channel }) => {
        if (channel.name === 'a') throw new Refusal('CHANNEL_EXISTS', 'channel "a" exists already');
        return null;
      },
    });
    expect(await run(['enable-channel', '-u', 'a,b'], it.context)).toMatchObject({ code: 4 });
    expect(it.context.errors()).toBe('warning: channel "a" exists already\n');
    expect(it.context.output()).toBe('ust channel b enabled for session s\n');
  });

  it('knows the deprecated names of buffer ownership', async () => {
    const it = await world({ 'enable-channel': accept });
    expect(await run(['enable-channel', '-u', 'a', '--buffers-pid'], it.context)).toMatchObject({ code: 0 });
    expect(orders(it)).toMatchObject([['enable-channel', { channel: { ownership: 'process' } }]]);
    expect(it.context.errors()).toContain('--buffer-ownership=process');
  });

  it.each([
    ['--output=splice', { output: 'splice' }],
    ['--buffers-global', { ownership: 'system' }],
    ['--buffer-ownership=system', { ownership: 'system' }],
  ])('leaves it to the domain whether it has %s', async (option, attributes) => {
    const it = await world({
      'enable-channel': () => {
        throw new Refusal('UNSUPPORTED', 'only for the kernel');
      },
    });
    expect(await run(['enable-channel', '-u', 'c', option], it.context)).toMatchObject({ code: 1 });
    expect(orders(it)).toEqual([
      ['enable-channel', { session: 's', domain: 'user', channel: { ...DEFAULT_CHANNEL, name: 'c', ...attributes } }],
    ]);
    expect(it.context.errors()).toContain('error: only for the kernel\n');
  });

  it.each([
    ['--overwrite', '--blocking-timeout=inf'],
    ['-W', '4'],
    ['--buffers-uid', '--buffers-pid'],
    ['--buffers-uid', '--buffer-ownership=process'],
    ['--subbuf-size=0'],
    ['--num-subbuf=0'],
    ['--auto-reclaim-memory=sometimes'],
    ['--switch-timer=soon'],
  ])('refuses %s %s', async (...args) => {
    const it = await world({ 'enable-channel': accept });
    expect(await run(['enable-channel', '-u', 'c', ...args.filter((arg) => arg !== undefined)], it.context)).toEqual({
      code: 1,
    });
    expect(orders(it)).toEqual([]);
  });
});

describe('event rules', () => {
  it('are enabled one by one, with what the options say', async () => {
    const it = await world({ 'enable-event': ({ channel }) => ({ channel: channel ?? 'channel0' }) });
    const args = ['enable-event', '-u', 'a:*,b:*', '-x', 'a:x,a:y', '--loglevel=err..info', '-c', 'big'];
    expect(await run(args, it.context)).toMatchObject({ code: 0 });
    const rest = { exclude: ['a:x', 'a:y'], logLevel: { from: 3, to: 6 } };
    expect(orders(it)).toEqual(
      ['a:*', 'b:*'].map((pattern) => [
        'enable-event',
        { session: 's', domain: 'user', channel: 'big', rule: { pattern, ...rest } },
      ]),
    );
    expect(it.context.output()).toContain('ust event a:* excluding "a:x", "a:y" created in channel big\n');
  });

  it('are told in the words of LTTng', async () => {
    const it = await world({ 'enable-event': ({ channel }) => ({ channel: channel ?? 'channel0' }) });
    await run(['enable-event', '-u', '-a'], it.context);
    await run(['enable-event', '-u', '-a', '-x', 'b:*'], it.context);
    await run(['enable-event', '-u', 'a:b', '-f', 'n > 5'], it.context);
    expect(it.context.output()).toBe(
      'All ust events are enabled in channel channel0\n' +
        'All ust events excluding "b:*" are enabled in channel channel0\n' +
        "Event a:b: Filter 'n > 5' successfully set\n",
    );
  });

  it('with a wrong filter are refused before anybody is asked, with a caret under the column', async () => {
    const it = await world();
    expect(await run(['enable-event', '-u', 'a:b', '--filter', 'n > && m'], it.context)).toMatchObject({ code: 106 });
    expect(it.context.errors()).toMatch(/\(column 5\)\n {2}n > && m\n {6}\^\n$/);
    expect(it.daemon.asked).toEqual([]);
  });

  it('without a domain are refused', async () => {
    const it = await world();
    expect(await run(['enable-event', 'a:b'], it.context)).toMatchObject({ code: 1 });
    expect(it.context.errors()).toContain('Please specify a domain (--kernel/--userspace/--jul/--log4j/--python).');
    expect(it.daemon.asked).toEqual([]);
  });

  it('of any domain go to the daemon, whose refusal is the answer', async () => {
    const refuse = ({ domain }: { domain: string }): never => {
      throw new Refusal('UNSUPPORTED', `there is no ${domain} here`);
    };
    const it = await world({ 'enable-event': refuse });
    for (const [args, domain] of [
      [['-k'], 'kernel'],
      [['-k', '-u'], 'kernel'],
      [['-u', '--syscall'], 'kernel'],
      [['-k', '--probe', 'f'], 'kernel'],
      [['-j'], 'jul'],
      [['-l'], 'log4j'],
      [['--log4j2'], 'log4j2'],
      [['-p'], 'python'],
      [['--console'], 'console'],
      [['--pino'], 'pino'],
      [['--winston'], 'winston'],
      [['--bunyan'], 'bunyan'],
      [['--log4js'], 'log4js'],
      [['--debug'], 'debug'],
    ] as const) {
      expect([args, await run(['enable-event', 'a:b', ...args], it.context)]).toMatchObject([args, { code: 1 }]);
      expect(it.context.errors()).toContain(`there is no ${domain} here`);
    }
  });

  it('that exclude what cannot be excluded are refused', async () => {
    const it = await world();
    expect(await run(['enable-event', '-u', 'a:b', '-x', 'a:c'], it.context)).toMatchObject({ code: 1 });
    expect(await run(['enable-event', '-u', 'a:*', '-x', '*'], it.context)).toMatchObject({ code: 1 });
    expect(it.context.errors()).toContain('Event a:*: * excludes all events from a:*');
    expect(it.daemon.asked).toEqual([]);
  });

  it('of a channel that is not there are refused with the nearest one', async () => {
    const channel = { ...DEFAULT_CHANNEL, enabled: true, contexts: [], rules: [] };
    const it = await world(
      {
        'disable-event': () => {
          throw new Refusal('NO_CHANNEL', 'there is no such channel');
        },
      },
      sessionCalled('s', { channels: [channel] }),
    );
    expect(await run(['disable-event', '-u', '-a', '-c', 'chanel0'], it.context)).toMatchObject({ code: 59 });
    expect(it.context.errors()).toContain('did you mean "channel0"? ringtail list s names them');
  });

  it('are disabled by name or all at once; a name without a rule is an error', async () => {
    const it = await world({
      'disable-event': ({ pattern }) => {
        if (pattern === 'none:*') throw new Refusal('NO_RULE', 'there is no rule none:*');
        return { channel: 'channel0', disabled: 1 };
      },
    });
    expect(await run(['disable-event', '-u', 'a:b,none:*'], it.context)).toMatchObject({ code: 76 });
    expect(it.context.output()).toBe('ust a:b of type any disabled in channel channel0 for session s\n');
    expect(it.context.errors()).toContain('there is no rule none:*\n  ringtail list s shows the rules');
    expect(await run(['disable-event', '-u', '-a'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toContain('All ust events of type any are disabled in channel channel0\n');
  });
});

describe('add-context', () => {
  it('takes types repeated and behind commas, to one channel or all', async () => {
    const it = await world({ 'add-context': () => ({ channels: ['channel0'] }) });
    expect(await run(['add-context', '-u', '-t', 'vpid,vtid', '-t', '$app.a:b'], it.context)).toMatchObject({
      code: 0,
    });
    expect(it.context.output()).toBe(
      ['vpid', 'vtid', '$app.a:b'].map((type) => `ust context ${type} added to all channels\n`).join(''),
    );
    await run(['add-context', '-u', '-t', 'vpid', '-c', 'big'], it.context);
    expect(orders(it).at(-1)).toEqual([
      'add-context',
      { session: 's', domain: 'user', channel: 'big', contexts: ['vpid'] },
    ]);
    expect(it.context.output()).toContain('ust context vpid added to channel big\n');
  });

  it('names the types there are, with the reason where one cannot be had', async () => {
    const it = await world({
      'list-contexts': () => [
        { name: 'vpid', refused: null },
        { name: 'perf:thread:cycles', refused: 'no counters' },
      ],
    });
    expect(await run(['add-context', '--list'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toBe('vpid\nperf:thread:cycles  (not on this machine: no counters)\n');
  });
});

describe('trackers', () => {
  it('take numbers and names; a process id is the one that the process sees', async () => {
    const it = await world({ track: accept, untrack: accept });
    expect(await run(['track', '-u', '--vpid=1,2', '--vuid', 'root'], it.context)).toMatchObject({ code: 0 });
    expect(await run(['untrack', '-u', '-p', '7'], it.context)).toMatchObject({ code: 0 });
    expect(await run(['track', '-u', '--vgid', '--all'], it.context)).toMatchObject({ code: 0 });
    expect(orders(it)).toEqual([
      ['track', { session: 's', domain: 'user', attribute: 'vpid', values: [1] }],
      ['track', { session: 's', domain: 'user', attribute: 'vpid', values: [2] }],
      ['track', { session: 's', domain: 'user', attribute: 'vuid', values: [0] }],
      ['untrack', { session: 's', domain: 'user', attribute: 'vpid', values: [7] }],
      ['track', { session: 's', domain: 'user', attribute: 'vgid', values: null }],
    ]);
    expect(it.context.output()).toContain('Added root to the virtual user ID tracker inclusion set\n');
    expect(it.context.output()).toContain('Virtual group ID tracking policy set to `include all`\n');
    expect(it.context.errors()).toBe('warning: 7 is not in the virtual process ID inclusion set\n');
  });
});

describe('rotation', () => {
  it('is scheduled by time and size, once each', async () => {
    const it = await world({
      'set-rotation-schedule': ({ session: _, ...set }) => {
        if (set.timerUs) throw new Refusal('ROTATION_SCHEDULE_SET', 'it rotates by time already');
        return { timerUs: 1_000_000, sizeBytes: null, ...set };
      },
    });
    expect(await run(['enable-rotation', '--timer=10s', '--size=1M'], it.context)).toMatchObject({ code: 1 });
    expect(it.context.errors()).toContain(
      'it rotates by time already\n  unset it first: ringtail disable-rotation --timer, or --size',
    );
    expect(it.context.output()).toBe('Enabled size-based rotations every 1048576 bytes written on session s\n');
    expect(orders(it).at(-1)).toEqual(['set-rotation-schedule', { session: 's', sizeBytes: 1024 ** 2 }]);
    expect(await run(['disable-rotation', '--timer'], it.context)).toMatchObject({ code: 0 });
    expect(orders(it).at(-1)).toEqual(['set-rotation-schedule', { session: 's', timerUs: null }]);
  });

  it('has limits of archives, together with a schedule or alone', async () => {
    const it = await world({
      'set-rotation-schedule': () => ({ timerUs: 1_000_000, sizeBytes: null }),
      'set-retention': ({ session: _, ...limits }) => ({ ageSeconds: null, count: null, bytes: 3 * 1024, ...limits }),
    });
    expect(await run(['enable-rotation', '--timer=1s', '--keep-age=90m', '--keep-count=5'], it.context)).toMatchObject({
      code: 0,
    });
    expect(orders(it).at(-1)).toEqual(['set-retention', { session: 's', ageSeconds: 5400, count: 5 }]);
    expect(await run(['enable-rotation', '--keep-size=0'], it.context)).toMatchObject({ code: 0 });
    expect(orders(it).at(-1)).toEqual(['set-retention', { session: 's', bytes: null }]);
    expect(it.context.output()).toBe(
      [
        'Enabled periodic rotations every 1000000 us on session s',
        'Kept archives of session s: at most 5, at most 3.0 KiB together, for 90 min',
        'Kept archives of session s: all',
        '',
      ].join('\n'),
    );
    expect(await run(['enable-rotation', '--keep-count=x'], it.context)).toMatchObject({ code: 1 });
  });

  it('by hand says where the archive is', async () => {
    const it = await world({ 'rotate-session': () => ({ archive: '/a/1', statistics: NO_STATISTICS }) });
    expect(await run(['rotate'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toBe('Trace chunk archive for session s is now readable at /a/1\n');
  });
});

describe('a rotation that is not waited for', () => {
  it('says where the archive will be', async () => {
    const it = await world({ 'begin-rotation': () => ({ archive: '/a/1' }) });
    expect(await run(['rotate', '-n'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toBe('Rotation ongoing for session s; its archive will be /a/1\n');
  });

  it('is refused with the code of lttng while another is under way', async () => {
    const pending = () => {
      throw new Refusal('ROTATION_PENDING', 'a rotation is under way');
    };
    const it = await world({ 'begin-rotation': pending });
    expect(await run(['rotate', '-n', '--output-format=json'], it.context)).toMatchObject({ code: 1 });
    expect(it.context.errors()).toContain('"lttngCode":129');
  });
});

describe('snapshot', () => {
  const output = { id: 2, name: 'zz', path: '/q', maxBytes: 4 * 1024 ** 2 };

  it('says how to name a session where a directory cannot be written to that looks like one', async () => {
    const refuse = () => {
      throw new Refusal('OUTPUT_NOT_WRITABLE', 'cannot write there');
    };
    const hint = 'for a session: ringtail snapshot record -s mf';
    const of = async (...words: string[]) => {
      const { context } = await world({ 'record-snapshot': refuse });
      await run(['snapshot', 'record', ...words], context);
      return context.errors();
    };
    expect(await of('mf')).toContain(hint);
    for (const words of [[], ['./mf'], ['mf', '-s', 's']]) expect(await of(...words)).not.toContain('for a session');
  });

  it('is recorded to the outputs of the session, or to a place named', async () => {
    const it = await world({ 'record-snapshot': () => ({ path: '/t/snapshot-1', statistics: NO_STATISTICS }) });
    expect(await run(['snapshot', 'record'], it.context)).toMatchObject({ code: 0 });
    expect(await run(['snapshot', '-s', 'other', 'record', 'file:///q', '-n', 'zz', '-m', '4M'], it.context)).toEqual({
      code: 0,
    });
    expect(orders(it)).toEqual([
      ['record-snapshot', { session: 's', output: null, name: null, maxBytes: null }],
      [
        'record-snapshot',
        {
          session: 'other',
          output: { name: 'zz', path: '/q', maxBytes: 4 * 1024 ** 2 },
          name: 'zz',
          maxBytes: 4 * 1024 ** 2,
        },
      ],
    ]);
    expect(it.context.output()).toContain('Snapshot recorded successfully for session s\n');
    expect(it.context.errors()).toBe('');
  });

  it('that is larger than its limit is explained', async () => {
    const statistics = { ...NO_STATISTICS, eventsRecorded: 1, packets: 2, bytes: 8192 };
    const it = await world({ 'record-snapshot': () => ({ path: '/t/snapshot-1', statistics }) });
    expect(await run(['snapshot', 'record', '-m', '1k'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.errors()).toBe(
      'warning: the snapshot has 8.0 KiB, more than --max-size=1k: each ring buffer gives its newest packet, whatever its size\n',
    );
    expect(await run(['snapshot', 'record', '-m', '8k'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.errors().split('\n')).toHaveLength(2);
  });

  it('outputs are added, listed and deleted', async () => {
    const it = await world(
      { 'add-snapshot-output': () => output, 'delete-snapshot-output': accept },
      sessionCalled('s', { snapshot: true, snapshotOutputs: [output] }),
    );
    await run(['snapshot', 'add-output', '/q', '--name=zz', '--max-size=4M'], it.context);
    await run(['snapshot', 'list-output'], it.context);
    await run(['snapshot', 'del-output', '2'], it.context);
    expect(it.context.output()).toBe(
      [
        'Snapshot output successfully added for session s',
        '  [2] zz: /q (max size: 4194304 bytes)',
        'Snapshot output list for session s',
        '    [2] zz: /q (max size: 4194304 bytes)',
        'Snapshot output id 2 successfully deleted for session s',
        '',
      ].join('\n'),
    );
    expect(orders(it).at(-1)).toEqual(['delete-snapshot-output', { session: 's', output: 2 }]);
  });

  it('outputs have limits of their snapshots, which no other action takes', async () => {
    const limited = { ...output, retention: { ageSeconds: null, count: 3, bytes: null } };
    const it = await world({ 'add-snapshot-output': () => limited }, sessionCalled('s', { snapshot: true }));
    await run(['snapshot', 'add-output', '/q', '--keep-count=3'], it.context);
    expect(orders(it)).toMatchObject([
      ['add-snapshot-output', { output: { path: '/q', retention: limited.retention } }],
    ]);
    expect(it.context.output()).toContain('  [2] zz: /q (max size: 4194304 bytes), kept: at most 3\n');
    expect(await run(['snapshot', 'record', '--keep-count=3'], it.context)).toMatchObject({ code: 1 });
    expect(it.context.errors()).toContain('they limit an output: ringtail snapshot add-output DIR --keep-count=10');
  });
});

describe('list', () => {
  const session = sessionCalled('s', {
    active: true,
    channels: [
      {
        ...DEFAULT_CHANNEL,
        enabled: false,
        contexts: ['vpid'],
        rules: [
          { pattern: 'a:*', logLevel: { from: 0, to: 6 }, filter: 'n > 5', enabled: true },
          { pattern: 'a:x', logLevel: { from: 6, to: 6 }, enabled: false },
          { pattern: '*', exclude: ['b:*', 'c:*'], enabled: true },
        ],
      },
      { ...DEFAULT_CHANNEL, name: 'empty', blockingTimeoutUs: null, enabled: true, contexts: [], rules: [] },
    ],
    trackers: { vpid: [], vuid: [0], vgid: null },
    rotationSchedule: { timerUs: 10_000_000, sizeBytes: 1024 ** 2 },
  });

  it('describes a session in the layout of LTTng, disabled rules included', async () => {
    const { context } = await world({}, session);
    expect(await run(['list', 's'], context)).toMatchObject({ code: 0 });
    for (const part of [
      'Recording session s: [active]\n    Trace output: /traces/s\n',
      'Automatic rotation schedules:\n    timer period: 10000000 us\n    size threshold: 1048576 bytes\n\n',
      '=== Domain: User space ===\n\nBuffering scheme: per-user\n\nTracked process attributes\n',
      '  Virtual process IDs:  none\n  Virtual user IDs:     `root`\n  Virtual group IDs:    all\n\n',
      'Channels:\n-------------\n- channel0: [disabled]\n\n    Attributes:\n      Event-loss mode:  discard\n',
      '      Sub-buffer size:  4194304 bytes\n      Sub-buffer count: 4\n      Switch timer:     1000000 us (default)\n',
      '      Monitor timer:    1000000 us\n      Blocking timeout: 0 us\n      Trace file count: 1 per stream\n',
      '      Trace file size:  unlimited\n      Output mode:      mmap\n',
      '    Context fields:\n      vpid\n',
      "      a:* (loglevel <= TRACE_INFO (6)) (type: tracepoint) [enabled] [filter: 'n > 5']\n",
      '      a:x (loglevel == TRACE_INFO (6)) (type: tracepoint) [disabled]\n',
      '      * (type: tracepoint) [enabled] [exclusions: b:*, c:*]\n',
      '- empty: [enabled]\n',
      '      Blocking timeout: infinite\n',
      '    Recording event rules:\n      None\n',
      '    Discarded events: 0\n',
    ]) {
      expect(context.output()).toContain(part);
    }
  });

  it('shows limits of archives and snapshots, and how many were removed', async () => {
    const retention = { ageSeconds: 604_800, count: 10, bytes: null };
    const { context } = await world({}, sessionCalled('s', { retention, rotations: 12, archivesRemoved: 2 }));
    await run(['list', 's'], context);
    expect(context.output()).toContain('Kept archives:\n    at most 10, for 7 d\n\n');
    expect(context.output()).toContain('    Removed by limits: 2\n');
    const snapshotOutputs = [{ id: 1, name: 'o', path: '/o', maxBytes: null, retention }];
    const recorder = await world({}, sessionCalled('s', { snapshot: true, snapshotOutputs }));
    await run(['list', 's'], recorder.context);
    expect(recorder.context.output()).toContain('    [1] o: /o, kept: at most 10, for 7 d\n');
  });

  it('shows one channel, the domains, or what it is asked for as JSON', async () => {
    const { context } = await world({}, session);
    await run(['list', 's', '--channel=empty', '--output-format=json'], context);
    expect(JSON.parse(context.output())).toMatchObject({
      command: 'list-session',
      session: { domains: [{ domain: 'user', channels: [{ name: 'empty' }] }] },
    });
    const domains = await world({}, session);
    await run(['list', '--domain', 's'], domains.context);
    expect(domains.context.output()).toMatch(/Domains:\n-------------\n {2}- UST global\n$/);
    const wrong = await world({}, session);
    expect(await run(['list', 's', '-c', 'chanel0'], wrong.context)).toMatchObject({ code: 1 });
    expect(wrong.context.errors()).toContain('did you mean "channel0"?');
  });

  it('tells how much memory the rings of each channel take, and whose, as far as is asked', async () => {
    const memory = [1, 2, 3].map((tid) => ({
      domain: 'user' as const,
      channel: 'channel0',
      uid: 0,
      pid: tid < 3 ? 1 : 3,
      tid,
      procname: 'node',
      program: 'shop/app.js',
      usedBytes: tid * 1024 ** 2,
      ringBytes: 16 * 1024 ** 2,
    }));
    const listed = async (channelOwnership: 'user' | 'process', ...options: string[]): Promise<string> => {
      const domains = session.domains.map((domain) => ({
        ...domain,
        channels: domain.channels.map((channel) => ({ ...channel, ownership: channelOwnership })),
      }));
      const { context } = await world({ 'session-memory': () => memory }, { ...session, domains });
      expect(await run(['list', 's', ...options], context)).toMatchObject({ code: 0 });
      return context.output();
    };
    const total = '      Memory usage:     6.0 MiB in 3 rings\n';
    expect(await listed('user')).toContain(`${total}\n`);
    expect(await listed('user')).toContain('      Memory usage:     0 B in 0 rings\n');
    expect(await listed('user', '--mem-usage=compact')).toContain(`${total}        user root: 6.0 MiB in 3 rings\n\n`);
    expect(await listed('process', '--mem-usage=compact')).toContain(
      `${total}        process 1 (shop/app.js): 3.0 MiB in 2 rings\n        process 3 (shop/app.js): 3.0 MiB in 1 ring\n\n`,
    );
    expect(await listed('user', '--mem-usage=full')).toContain(
      '        thread 2 of process 1 (shop/app.js): 2.0 MiB of 16.0 MiB\n        thread 3 of process 3 (shop/app.js): 3.0 MiB of 16.0 MiB\n\n',
    );
    expect(await listed('user', '--channel=empty', '--output-format=json')).toContain('"memory":[]');
  });

  it('of a session has no empty lines in the compact style', async () => {
    const { context } = await world({}, session);
    await run(['list', 's', '--style=compact'], context);
    expect(context.output()).toContain('Channels:\n-------------\n- channel0');
    expect(context.output()).not.toContain('\n\n');
    await run(['list', 's', '-d', '--style=compact'], context);
    expect(context.output()).toContain('Domains:\n');
    expect(context.output()).not.toContain('\n\n');
  });

  it('of all sessions names each with its state and output', async () => {
    const { context } = await world({}, session, sessionCalled('box', { snapshot: true }));
    await run(['list'], context);
    expect(context.output()).toBe(
      'Available recording sessions:\n  1) s [active]\n    Trace output: /traces/s\n\n' +
        '  2) box [inactive snapshot]\n    Trace output: /traces/box\n\n\nUse ringtail list <session_name> for more details\n',
    );
  });

  it('of tracepoints shows fields when asked, whatever an application says they are', async () => {
    const { context } = await world({
      'list-instrumentation': () => ({
        events: [],
        applications: [7, 8].map((pid) => ({
          pid,
          tid: pid,
          uid: 0,
          procname: 'node',
          program: 'shop/app.js',
          runtime: 'node',
          mainThread: true,
          troubles: [],
          tracepoints: 0,
        })),
        tracepointLists: [
          [
            {
              name: 'a:b',
              logLevel: 13,
              fields: [
                { name: 'n', spec: { kind: 'integer', signed: true, bits: 32, base: 10 } },
                { name: 'why', spec: { kind: 'filter-only', content: { kind: 'text' } } },
                null,
                { name: { toString: 1 }, spec: 'constructor' },
              ],
            },
          ],
        ],
      }),
    });
    expect(await run(['list', '-u', '-f'], context)).toMatchObject({ code: 0 });
    for (const pid of [7, 8]) {
      expect(context.output()).toContain(
        `PID: ${pid} - Name: shop/app.js\n      a:b (loglevel: TRACE_DEBUG_LINE (13)) (type: tracepoint)\n` +
          '        field: n (integer)\n        field: why (string) [no write]\n',
      );
    }
  });

  it('of loggers of Java and Python is empty, of the kernel refused', async () => {
    const { context } = await world({
      'list-instrumentation': ({ domain }) => {
        if (domain === 'kernel') throw new Refusal('UNSUPPORTED', 'there is no kernel here');
        return { applications: [], tracepointLists: [], events: [] };
      },
    });
    expect(await run(['list', '-j', '-p'], context)).toMatchObject({ code: 0 });
    expect(context.output()).toContain('jul events (Logger name):\n-------------------------\nNone\n');
    expect(await run(['list', '--kernel'], context)).toMatchObject({ code: 1 });
  });
});

describe('regenerate, reclaim-memory, clear, set-session', () => {
  it('do what they say', async () => {
    const it = await world({
      'regenerate-metadata': accept,
      'regenerate-statedump': accept,
      'reclaim-memory': () => ({ bytes: 2 * 1024 ** 2 }),
      'clear-session': accept,
    });
    for (const words of [
      'regenerate metadata',
      'regenerate statedump -s s',
      'metadata regenerate',
      'reclaim-memory -u big --older-than=30s',
      'clear',
      'set-session s',
    ]) {
      expect([words, await run(words.split(' '), it.context)]).toEqual([words, { code: 0 }]);
    }
    expect(it.context.output()).toBe(
      [
        'Metadata successfully regenerated for session s',
        'State dump successfully regenerated for session s',
        'Metadata successfully regenerated for session s',
        '2.0 MiB of memory given back for session s',
        'Session "s" cleared',
        'Session set to s',
        '',
      ].join('\n'),
    );
    expect(orders(it)[3]).toEqual([
      'reclaim-memory',
      { session: 's', domain: 'user', channels: ['big'], olderThanUs: 30_000_000 },
    ]);
  });
});

describe('save and load', () => {
  it('write a session and make it again under another name', async () => {
    const channel = { ...DEFAULT_CHANNEL, enabled: true, contexts: [], rules: [{ pattern: 'a:*', enabled: true }] };
    const it = await world(
      {
        'create-session': ({ name, output }) => ({ name, output }),
        'enable-channel': accept,
        'enable-event': () => ({ channel: 'channel0' }),
        'list-triggers': () => [],
      },
      sessionCalled('s', { channels: [channel] }),
    );
    expect(await run(['save', 's'], it.context)).toMatchObject({ code: 0 });
    expect(await run(['save', 's'], it.context)).toMatchObject({ code: 85 });
    expect(it.context.errors()).toContain('--force replaces it');
    expect(await run(['save', '-f', '-a'], it.context)).toMatchObject({ code: 0 });
    expect(await run(['load', 's', '--override-name=t', '--override-url=file:///new'], it.context)).toEqual({
      code: 0,
    });
    expect(it.context.output()).toContain('Session s has been loaded successfully\nSession name overridden with t\n');
    expect(orders(it)[0]).toMatchObject(['create-session', { name: 't' }]);
    expect(readCurrentSession(it.context)).toBe('t');
    expect(await run(['load', '-a', '--override-name=t'], it.context)).toMatchObject({ code: 1 });
    expect(await run(['load', '--override-name=t'], it.context)).toMatchObject({ code: 1 });
    expect(await run(['load', 'nobody'], it.context)).toMatchObject({ code: 1 });
    expect(it.context.errors()).toContain('\n  ringtail save writes sessions');
  });

  it('tell once what of a file is left out, and what to do where its directory is taken', async () => {
    const { context } = await world({
      'create-session': () => {
        throw new Refusal('OUTPUT_IN_USE', 'the session t writes to the same directory');
      },
      'list-triggers': () => [{ ...TRIGGERS[0]!, uid: 4_000_000_000 }],
    });
    expect(await run(['save', '-a'], context)).toMatchObject({ code: 0 });
    expect(context.errors()).toBe('warning: triggers of other users are left out: 1\n');
    expect(await run(['load'], context)).toMatchObject({ code: 1 });
    expect(context.errors()).toContain('\n  --override-url=');
  });

  it('are loaded beside files that cannot be read, and the exit code says so', async () => {
    const { context } = await world({ 'create-session': ({ name, output }) => ({ name, output }) });
    for (const name of ['a', 'b']) {
      writeFileSync(join(context.cwd, `${name}.lttng`), `<sessions><session><name>${name}</name></session></sessions>`);
    }
    writeFileSync(join(context.cwd, 'bad.lttng'), 'garbage');
    expect(await run(['load', '-i', '.'], context)).toMatchObject({ code: 1 });
    expect(context.output()).toBe('Loaded: a, b\n');
    expect(context.errors()).toMatch(/^ringtail: error: .*bad\.lttng: /);
    expect(await run(['load', '-i', '.', 'a'], context)).toMatchObject({ code: 0 });
  });

  it('warn once of a file, however many sessions it has', async () => {
    const { context } = await world({ 'create-session': ({ name, output }) => ({ name, output }) });
    const kernel =
      '<triggers><trigger><name>k</name><condition><condition_event_rule_matches><event_rule><event_rule_kernel_syscall/></event_rule>' +
      '<capture_descriptors/></condition_event_rule_matches></condition><action><action_list/></action></trigger></triggers>';
    const sessions = ['a', 'b'].map((name) => `<session><name>${name}</name></session>`).join('');
    writeFileSync(join(context.cwd, 'two.lttng'), `<sessions>${sessions}${kernel}</sessions>`);
    expect(await run(['load', '-i', 'two.lttng'], context)).toMatchObject({ code: 0 });
    expect(context.errors().match(/warning: the trigger k is left out/g)).toHaveLength(1);
  });
});

describe('destroy', () => {
  it('of a rotated session says where the rest was archived', async () => {
    const end = { 'destroy-session': () => ({ ...NO_STATISTICS, archive: '/a/2' }) };
    const it = await world(end, sessionCalled('s', {}));
    expect(await run(['destroy', 's'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toMatch(
      /^Trace chunk archive for session s is now readable at \/a\/2\nSession s destroyed: 0 events/,
    );
  });
});

describe('list', () => {
  it('shows what is tracked in a session without channels', async () => {
    const trackers = { vpid: [7], vuid: null, vgid: null };
    const it = await world({ 'session-statistics': () => NO_STATISTICS }, sessionCalled('s', { trackers }));
    expect(await run(['list', 's'], it.context)).toMatchObject({ code: 0 });
    expect(it.context.output()).toContain('  Virtual process IDs:  7\n');
    expect(it.context.output()).not.toContain('Channels:');
  });
});

describe('load', () => {
  it('of all sessions does nothing where none was saved, and says so', async () => {
    const it = await world({});
    for (const words of [['load'], ['load', '-a']]) expect(await run(words, it.context)).toMatchObject({ code: 0 });
    expect(it.context.errors()).toContain('warning: there are no saved sessions in');
    expect(orders(it)).toEqual([]);
  });

  it('fails where something is asked for and no session is saved', async () => {
    const it = await world({});
    for (const words of [['--input-path=.'], ['s', '--override-name=t']]) {
      expect(await run(['load', ...words], it.context)).toMatchObject({ code: 1 });
    }
    expect(it.context.errors()).toContain('there are no saved sessions in');
  });
});

describe('general options', () => {
  it('silence everything for people, but not what programs read', async () => {
    const { context } = await world({ 'start-session': noSuchSession });
    expect(await run(['-q', 'list'], context)).toMatchObject({ code: 0 });
    expect(await run(['-q', 'start', 'x'], context)).toMatchObject({ code: 23 });
    expect(await run(['-q', 'list', '--no-such-option'], context)).toMatchObject({ code: 2 });
    expect([context.output(), context.errors()]).toEqual(['', '']);
    await run(['-q', '--output-format=json', 'list'], context);
    expect(JSON.parse(context.output())).toMatchObject({ command: 'list-sessions' });
  });

  it('list commands, and options of a command whatever arguments it lacks', async () => {
    const context = fakeContext();
    expect(await run(['--list-commands'], context)).toMatchObject({ code: 0 });
    expect(context.output().split('\n')).toEqual(expect.arrayContaining(['create', 'untrack', 'reclaim-memory']));
    const options = fakeContext();
    expect(await run(['--list-options'], options)).toMatchObject({ code: 0 });
    expect(options.output().split('\n')).toEqual(
      expect.arrayContaining(['--mi', '-m', '--no-sessiond', '--list-options']),
    );
    expect(await run(['enable-channel', '--list-options'], options)).toMatchObject({ code: 0 });
    expect(options.output().split('\n')).toEqual(
      expect.arrayContaining(['--userspace', '-u', '--tracefile-size', '-C']),
    );
  });
});

describe('view', () => {
  it('means a session by its name, and gives its trace to another reader', async () => {
    const { context } = await world({}, sessionCalled('s', { active: true }));
    const viewer = join(context.cwd, 'viewer.sh');
    writeFileSync(viewer, '#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\nexit 7\n', { mode: 0o700 });
    expect(await run(['view', '--viewer', `${viewer} --flag`, 's'], context)).toMatchObject({ code: 7 });
    expect(readFileSync(join(context.cwd, 'asked'), 'utf8')).toBe('--flag /traces/s\n');
    expect(context.errors()).toContain('Session s is running');
    expect(await run(['view', '-e', viewer], context)).toMatchObject({ code: 7 });
    expect(readFileSync(join(context.cwd, 'asked'), 'utf8')).toBe('/traces/s\n');
    expect(await run(['view', '-t', '/elsewhere', '-e', viewer], context)).toMatchObject({ code: 7 });
    expect(readFileSync(join(context.cwd, 'asked'), 'utf8')).toBe('/elsewhere\n');
  });

  it('finds the trace of a session that was destroyed', async () => {
    const context = fakeContext();
    const viewer = join(context.cwd, 'viewer.sh');
    writeFileSync(viewer, '#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\n', { mode: 0o700 });
    const traces = join(context.cwd, 'ringtail-traces');
    for (const name of ['gone-20260101-000000', 'gone-20260102-000000', 'gone-too-20270101-000000']) {
      mkdirSync(join(traces, name), { recursive: true });
    }
    expect(await run(['view', 'gone', '-e', viewer], context)).toMatchObject({ code: 0 });
    expect(readFileSync(join(context.cwd, 'asked'), 'utf8')).toBe(`${join(traces, 'gone-20260102-000000')}\n`);
  });
});
