/** Bad input and failures of sessions and their control, with real daemons. Unit tests cover single processes. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError } from '@ringtail/base';
import { SessionDaemonClient, spawnDaemon } from '@ringtail/ctl';
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PROTOCOL_VERSION,
  type CommandName,
  type Commands,
  DEFAULT_CHANNEL,
  DEFAULT_SESSION,
  encodeFrame,
} from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TestClient } from '../../packages/sessiond/src/testing/test-daemon.test.support.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import {
  eventsOf,
  isRoot,
  isRunning,
  makeSandbox,
  pause,
  type Running,
  ringtail,
  type Sandbox,
  until,
} from './harness.ts';
import { startSteps } from './steps.ts';

const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
const NOBODY = 65534;
const MIB = 1024 * 1024;

if (!isRoot) process.stderr.write('NOT TESTED: full disks and other users (needs root)\n');

interface Scene extends Sandbox {
  readonly runDirectory: string;
  readonly client: SessionDaemonClient;
}

/** A separate session daemon, with a client. */
async function startDaemon(more: Sandbox['env'] = {}): Promise<Scene> {
  const base = makeSandbox();
  const runDirectory = join(base.directory, 'run');
  const env = { ...base.env, RINGTAIL_RUNDIR: runDirectory, ...more };
  const { client } = await spawnDaemon({ runDirectory, mainPath: SESSIOND, env });
  onTestFinished(() => client.close());
  return { ...base, env, runDirectory, client };
}

async function connected({ runDirectory }: Scene): Promise<TestClient> {
  const client = await TestClient.connect(join(runDirectory, 'client.sock'));
  onTestFinished(() => client.close());
  return client;
}

/** Starts a session for all events of `steps.mjs`, and that program. */
async function recordSteps(scene: Scene, name: string, output: string, snapshot = false): Promise<Running> {
  await scene.client.createSession({ name, output, snapshot });
  await scene.client.enableEvent(name, { pattern: 'e2e:*' });
  await scene.client.startSession(name);
  return await startSteps(scene);
}

/** Lets `steps.mjs` end undisturbed. @returns the number of emitted events */
async function finish(running: Running): Promise<number> {
  running.process.stdin?.end();
  expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  return Number((await running.says(/emitted (\d+)/))[1]);
}

/** A small file system in the sandbox; undefined if mounting is not allowed. */
function mountTmpfs(scene: Sandbox, name: string, bytes: number): string | undefined {
  const path = join(scene.directory, name);
  mkdirSync(path);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]).status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', ['-l', path]);
  });
  return path;
}

/** Fills the disk. @returns a function that frees the room */
function fill(disk: string): () => void {
  const ballast = join(disk, 'ballast');
  spawnSync('sh', ['-c', 'cat /dev/zero > "$0" 2> /dev/null', ballast]);
  return () => rmSync(ballast);
}

type Parameters = { readonly [Name in CommandName]?: Commands[Name]['params'] };

/** Valid parameters of every command, as far as possible for a stopped session. */
function rightParameters(path: string): Parameters {
  const session = 's';
  const domain = 'user';
  return {
    hello: { protocol: CLIENT_PROTOCOL_VERSION },
    'create-session': { ...DEFAULT_SESSION, name: 'other', output: join(path, 'other') },
    'enable-channel': { session, domain, channel: DEFAULT_CHANNEL },
    'disable-channel': { session, domain, channel: 'channel0' },
    'enable-event': {
      session,
      domain,
      channel: null,
      rule: { pattern: 'a:*', exclusions: ['a:b'], filter: 'x == 1' } as never,
    },
    'disable-event': { session, domain, channel: null, pattern: 'a:*' },
    'add-context': { session, domain, channel: null, contexts: ['vpid'] },
    track: { session, domain, attribute: 'vpid', values: [1] },
    untrack: { session, domain, attribute: 'vpid', values: [1] },
    'start-session': { session },
    'stop-session': { session },
    'record-snapshot': { session, output: { name: 'n', path, maxBytes: MIB }, name: 'n', maxBytes: MIB },
    'add-snapshot-output': { session, output: { name: 'n', path, maxBytes: MIB } },
    'delete-snapshot-output': { session, output: 'n' },
    'rotate-session': { session },
    'set-rotation-schedule': { session, timerUs: 10 ** 9, sizeBytes: 2 ** 40 },
    'clear-session': { session },
    'regenerate-metadata': { session },
    'regenerate-statedump': { session },
    'reclaim-memory': { session, domain, channels: ['channel0'], olderThanUs: 0 },
    'session-statistics': { session },
    'destroy-session': { session },
  };
}

const WRONG_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  1e300,
  '',
  '.',
  '..',
  '../../etc',
  '/',
  '/proc/self/nowhere',
  'a/b',
  'a\0b',
  'line\nline',
  '\u001b[31m',
  '\ud800',
  'x'.repeat(100_000),
  '((((',
  [],
  [null],
  Array(1000).fill('x'),
  {},
  { __proto__: null, toString: 1 },
];

/** Variants of the parameters: each value replaced by each wrong one, and each object without each member. */
function* wrong(value: unknown): Generator<unknown> {
  yield* WRONG_VALUES;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const { [name]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
    for (const other of wrong(member)) yield { ...rest, [name]: other };
  }
}

describe('wrong parameters', () => {
  it('are refused with a code, or are valid; no command fails by an internal error, and nothing is made elsewhere', async () => {
    const scene = await startDaemon();
    const client = await connected(scene);
    const path = join(scene.directory, 'traces');
    const names = new Set<string>();
    let asked = 0;
    for (const [command, params] of Object.entries(rightParameters(path))) {
      for (const bad of wrong(params)) {
        asked++;
        // A session that valid parameters may have stopped, cleared or destroyed.
        if (!names.has('s')) {
          await client.reply('create-session', { ...DEFAULT_SESSION, name: 's', output: join(path, `s-${asked}`) });
          await client.reply('enable-channel', { session: 's', domain: 'user', channel: DEFAULT_CHANNEL });
        }
        const reply = await client.reply(command, bad);
        const what = `${command} ${JSON.stringify(bad).slice(0, 200)}`;
        if (!reply.ok) {
          expect(reply.code, `${what}: ${reply.message}`).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
          expect(reply.code, `${what}: ${reply.message}`).not.toBe('FAILED');
          expect(reply.message, what).not.toBe('');
        }
        const sessions = await client.ask('list-sessions', {});
        names.clear();
        for (const { name } of sessions) names.add(name);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not have them.
        for (const name of names) expect(name).toMatch(/^[^./\u0000-\u001f][^/\u0000-\u001f]*$/);
        if (names.size > 20) for (const name of names) await client.ask('destroy-session', { session: name });
      }
    }
    expect(asked).toBeGreaterThan(2000);
    expect((await scene.client.daemonStatus()).consumerRestarts).toBe(0);
    expect(readdirSync(scene.directory).sort()).toEqual(['home', 'run', 'tmp', 'traces']);
  });

  it('on the command line end with an exit code and a sentence, whatever the command', async () => {
    const scene = await startDaemon();
    await scene.client.createSession({ name: 's', output: join(scene.directory, 's') });
    await scene.client.enableEvent('s', { pattern: 'e2e:*' });
    await scene.client.startSession('s');
    const lines: readonly (readonly string[])[] = [
      ['create', 's'],
      ['create', '../up'],
      ['create', 'a\u001b[31mb'],
      ['start', 's'],
      ['start', 'nowhere'],
      ['stop', 'nowhere'],
      ['destroy', 'nowhere'],
      ['clear', 'nowhere'],
      ['rotate', 'nowhere'],
      ['enable-event', '-u', '-s', 'nowhere', 'e2e:*'],
      ['enable-event', '-u', '-s', 's', 'e2e:*', '--filter', 'index ==='],
      ['enable-channel', '-u', '-s', 's', 'channel0'],
      ['add-context', '-u', '-s', 's', '-t', 'nothing'],
      ['snapshot', 'record', '-s', 's'],
      ['load', join(scene.directory, 'nowhere')],
      ['save', 'nowhere'],
    ];
    const ended = await Promise.all(lines.map((line) => ringtail(scene, line)));
    for (const [at, { code, stdout, stderr }] of ended.entries()) {
      const what = `${JSON.stringify(lines[at])}: ${stderr}`;
      expect(code, what).not.toBe(0);
      expect(stdout, what).toBe('');
      // A sentence on separate lines; the terminal gets no unescaped input.
      expect(stderr, what).toMatch(/^(ringtail: error|warning): .+\n/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a message must not have them.
      expect(stderr, what).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|\n {4}at /);
    }
  });
});

describe('several clients at once', () => {
  it('one of them makes, starts, stops and destroys a session, and the others are refused with the right reason', async () => {
    const scene = await startDaemon();
    const clients = await Promise.all(Array.from({ length: 10 }, () => connected(scene)));
    const output = join(scene.directory, 's');
    const steps: readonly [CommandName, object, string][] = [
      ['create-session', { ...DEFAULT_SESSION, name: 's', output }, 'SESSION_EXISTS'],
      ['enable-channel', { session: 's', domain: 'user', channel: DEFAULT_CHANNEL }, 'CHANNEL_EXISTS'],
      ['start-session', { session: 's' }, 'ALREADY_STARTED'],
      ['stop-session', { session: 's' }, 'ALREADY_STOPPED'],
      ['destroy-session', { session: 's' }, 'NO_SUCH_SESSION'],
    ];
    for (const [command, params, code] of steps) {
      const replies = await Promise.all(clients.map((client) => client.reply(command, params)));
      const codes = replies.map((reply) => (reply.ok ? 'ok' : reply.code));
      expect(codes.sort(), command).toEqual([...Array(9).fill(code), 'ok'].sort());
    }
  });

  it('one that does not read its answers, or sends half a message, or a gigabyte, delays no other and costs little', async () => {
    const scene = await startDaemon();
    const before = (await scene.client.daemonStatus()).memoryBytes;
    const request = (id: number) =>
      encodeFrame({ id, command: 'list-contexts', params: { domain: 'user' } }, CLIENT_FRAME_BYTES_MAX);
    const deaf = await connected(scene);
    deaf.socket.pause();
    for (let id = 10; id < 3000; id++) deaf.socket.write(request(id));
    const half = await connected(scene);
    half.socket.write(request(1).subarray(0, 7));
    // Each announces the longest message and sends nothing of it.
    const greedy = await Promise.all(Array.from({ length: 20 }, () => connected(scene)));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(CLIENT_FRAME_BYTES_MAX);
    for (const { socket } of greedy) socket.write(length);
    const giant = await connected(scene);
    length.writeUInt32LE(2 ** 30);
    giant.socket.write(length);
    await giant.closed;
    for (let round = 0; round < 20; round++) await scene.client.listSessions();
    expect((await scene.client.daemonStatus()).memoryBytes - before).toBeLessThan(200 * MIB);
    expect(half.socket.destroyed).toBe(false);
  });

  it('garbage from applications and clients is reported in the log, and costs a recorded program nothing', async () => {
    const random = new SeededRandom(runSeed('control-bad-days'));
    const scene = await startDaemon();
    const output = join(scene.directory, 'trace');
    const steps = await recordSteps(scene, 's', output);
    for (let round = 0; round < 60; round++) {
      const socket = connect(join(scene.runDirectory, random.pick(['app.sock', 'client.sock'])));
      socket.on('error', () => {});
      const bytes = Buffer.from(random.list(random.between(1, 300), () => random.between(0, 255)));
      // Half of them have an acceptable length.
      if (random.oneIn(2) && bytes.length > 4) bytes.writeUInt32LE(bytes.length - 4);
      socket.write(bytes);
      if (random.oneIn(2)) socket.end();
      onTestFinished(() => {
        socket.destroy();
      });
    }
    await pause(100);
    const emitted = await finish(steps);
    expect(await scene.client.destroySession('s')).toMatchObject({ eventsRecorded: emitted, eventsDiscarded: 0 });
    expect(eventsOf(scene, output)).toHaveLength(emitted);
  });
});

describe('links that another process made', () => {
  it('in the output directory are not followed', async () => {
    const scene = await startDaemon();
    const victim = join(scene.directory, 'victim');
    mkdirSync(victim);
    const names = ['ust', 'archives', '.ringtail'];
    const troubles: string[] = [];
    for (const name of names) {
      const output = join(scene.directory, `trace-${name}`);
      await scene.client.createSession({ name: `s-${name}`, output });
      await scene.client.enableEvent(`s-${name}`, { pattern: 'e2e:*' });
      symlinkSync(victim, join(output, name));
      const started = scene.client.startSession(`s-${name}`);
      if (name === 'ust') troubles.push(await started.then(() => 'started', describeError));
      else await started;
    }
    const steps = await startSteps(scene);
    for (const name of names.slice(1)) {
      const rotated = scene.client.rotateSession(`s-${name}`);
      troubles.push(await rotated.then(({ statistics }) => statistics.troubles.join(), describeError));
    }
    await finish(steps);
    for (const name of names) await scene.client.destroySession(`s-${name}`).catch(() => undefined);
    expect(readdirSync(victim)).toEqual([]);
    for (const trouble of troubles) expect(trouble).toContain('is a symbolic link');
  });

  it('in place of a snapshot or of a saved session are not followed', async () => {
    const scene = await startDaemon();
    const victim = join(scene.directory, 'victim');
    writeFileSync(victim, 'mine');
    const output = join(scene.directory, 'output');
    const steps = await recordSteps(scene, 's', output, true);
    const sessions = join(scene.home, '.ringtail', 'sessions');
    mkdirSync(sessions, { recursive: true });
    symlinkSync(victim, join(sessions, 's.lttng'));
    expect((await ringtail(scene, ['save', 's'])).code).not.toBe(0);
    expect((await ringtail(scene, ['save', 's', '--force'])).code).toBe(0);
    expect(spawnSync('cat', [victim], { encoding: 'utf8' }).stdout).toBe('mine');
    // The run directory as well: its files are made anew, not written through links.
    const other = join(scene.directory, 'other-run');
    mkdirSync(other, { mode: 0o700 });
    for (const name of ['app.sock', 'client.sock', 'consumer.sock', 'consumer.wake', 'sessiond.pid', 'sessiond.log']) {
      symlinkSync(victim, join(other, name));
    }
    const second = spawnSync(process.execPath, [SESSIOND, '--rundir', other, '-d'], {
      env: { ...scene.env },
      encoding: 'utf8',
    });
    if (second.status === 0) {
      const client = await SessionDaemonClient.connect({ runDirectory: other });
      await client.shutdown();
      client.close();
    } else expect(second.stderr).toContain('other-run');
    expect(spawnSync('cat', [victim], { encoding: 'utf8' }).stdout).toBe('mine');
    await finish(steps);
  });
});

describe.skipIf(!isRoot)('another user', () => {
  it('can neither command a daemon of root without a group, nor read its files', async () => {
    const scene = await startDaemon();
    chmodSync(scene.directory, 0o755);
    const output = join(scene.directory, 'trace');
    const steps = await recordSteps(scene, 's', output);
    await ringtail(scene, ['save', 's']);
    await finish(steps);
    await scene.client.stopSession('s');
    const files = [
      join(scene.runDirectory, 'sessiond.log'),
      join(output, 'ust', 'uid', '0', '64-bit', 'metadata'),
      join(scene.home, '.ringtail', 'sessions', 's.lttng'),
    ];
    for (const file of files) expect(existsSync(file), file).toBe(true);
    const script = `
      const { connect } = require('node:net');
      const { openSync, writeFileSync, unlinkSync } = require('node:fs');
      const [run, ...files] = process.argv.slice(1);
      const said = {};
      const attempt = (what, action) => { try { action(); said[what] = 'done'; } catch (error) { said[what] = error.code; } };
      for (const file of files) attempt(file, () => openSync(file, 'r'));
      attempt('plant', () => writeFileSync(run + '/planted', ''));
      attempt('remove', () => unlinkSync(run + '/client.sock'));
      let open = 2;
      for (const name of ['client.sock', 'consumer.sock']) {
        const socket = connect(run + '/' + name);
        const end = (how) => { said[name] ??= how; socket.destroy(); if (--open === 0) console.log(JSON.stringify(said)); };
        socket.once('connect', () => end('done')).once('error', (error) => end(error.code));
      }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, scene.runDirectory, ...files], {
      cwd: '/',
      uid: NOBODY,
      gid: NOBODY,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const said = JSON.parse(stdout) as Record<string, string>;
    expect(Object.keys(said)).toHaveLength(7);
    for (const [what, code] of Object.entries(said)) expect(code, what).toBe('EACCES');
  });
});

describe.skipIf(!isRoot)('a full disk', () => {
  it('causes a snapshot to fail with the reason and without remains; the next one is whole', async ({ skip }) => {
    const scene = await startDaemon();
    const disk = mountTmpfs(scene, 'disk', 64 * 1024);
    if (disk === undefined) return skip('mounting a tmpfs is not allowed here');
    const steps = await recordSteps(scene, 's', join(disk, 'output'), true);
    await until(async () => (await scene.client.sessionStatistics('s')).eventsRecorded > 3000);
    const failed = await ringtail(scene, ['snapshot', 'record', '-s', 's']);
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain('the disk is full');
    expect(readdirSync(join(disk, 'output'))).toEqual([]);
    const emitted = await finish(steps);
    const { path } = await scene.client.recordSnapshot('s', {
      output: { name: null, path: join(scene.directory, 'elsewhere'), maxBytes: null },
    });
    expect(eventsOf(scene, path)).toHaveLength(emitted);
  });

  it('causes a rotation to fail with the reason; recording goes on, and everything is archived once there is room', async ({
    skip,
  }) => {
    const scene = await startDaemon();
    const disk = mountTmpfs(scene, 'disk', 64 * MIB);
    if (disk === undefined) return skip('mounting a tmpfs is not allowed here');
    const output = join(disk, 'output');
    const steps = await recordSteps(scene, 's', output);
    await until(async () => (await scene.client.sessionStatistics('s')).eventsRecorded > 500);
    const giveBack = fill(disk);
    const failed = await ringtail(scene, ['rotate', 's']);
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toMatch(/ENOSPC|disk is full|no space/i);
    giveBack();
    const emitted = await finish(steps);
    await scene.client.rotateSession('s');
    const statistics = await scene.client.destroySession('s');
    expect(statistics).toMatchObject({ eventsRecorded: emitted, eventsDiscarded: 0, eventsLost: 0 });
    expect(eventsOf(scene, output)).toHaveLength(emitted);
  });

  it('changes neither earlier saved sessions nor the current session', async ({ skip }) => {
    const base = makeSandbox();
    const home = mountTmpfs(base, 'small-home', 64 * 1024);
    if (home === undefined) return skip('mounting a tmpfs is not allowed here');
    const scene = await startDaemon({ RINGTAIL_HOME: home });
    const output = (name: string) => ['-o', join(scene.directory, name)];
    expect(await ringtail(scene, ['create', 'one', ...output('one')])).toMatchObject({ code: 0 });
    expect(await ringtail(scene, ['save', 'one'])).toMatchObject({ code: 0 });
    const sessions = join(home, '.ringtail', 'sessions');
    fill(home);
    const read = () => spawnSync('cat', [join(sessions, 'one.lttng'), join(home, '.ringtailrc')], { encoding: 'utf8' });
    const before = read().stdout;
    for (const [says, ...line] of [
      ['ringtail: error', 'save', 'one', '--force'],
      // It is made, but not the current session.
      ['warning', 'create', 'two', ...output('two')],
      ['ringtail: error', 'set-session', 'one'],
    ]) {
      const { code, stderr } = await ringtail(scene, line);
      expect(code, stderr).not.toBe(0);
      expect(stderr).toMatch(new RegExp(`^${says}: .*(ENOSPC|no space)`, 'i'));
    }
    expect(read().stdout).toBe(before);
    expect(readdirSync(sessions)).toEqual(['one.lttng']);
    expect(
      readdirSync(home)
        .filter((name) => name.startsWith('.'))
        .sort(),
    ).toEqual(['.ringtail', '.ringtailrc']);
  });

  it('costs a flight recorder of a killed session daemon only its last snapshot', async ({ skip }) => {
    const scene = await startDaemon();
    const disk = mountTmpfs(scene, 'disk', 64 * 1024);
    if (disk === undefined) return skip('mounting a tmpfs is not allowed here');
    const output = join(disk, 'output');
    const steps = await recordSteps(scene, 's', output, true);
    await until(async () => (await scene.client.sessionStatistics('s')).eventsRecorded > 3000);
    const { consumerPid } = await scene.client.daemonStatus();
    process.kill(scene.client.daemonPid, 'SIGKILL');
    await until(() => !isRunning(consumerPid as number));
    expect(readdirSync(output)).toEqual([]);
    await finish(steps);
  });
});
