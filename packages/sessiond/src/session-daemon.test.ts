import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  CLIENT_FRAME_BYTES_MAX,
  CONTROL_COUNTERS_OFFSET,
  CONTROL_WRONG_COUNTERS_FROM,
  DEFAULT_CHANNEL,
  DEFAULT_SESSION,
  encodeFrame,
  type JsonValue,
} from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOG_LINES_PER_PEER_MAX } from './shares/limits.ts';
import { FakeApplication, posix, REGISTER } from './testing/fake-application.test.support.ts';
import { FAKE_CONSUMER, type TestClient, TestDaemon } from './testing/test-daemon.test.support.ts';

/** Of `fcntl`; the tracer has no use for it. */
const F_SEAL_WRITE = 8;
const RING_BYTES = ringBytesFor(4096, 2);
const smallChannel = {
  ...DEFAULT_CHANNEL,
  name: 'small',
  subBufBytes: 4096,
  subBufCount: 2,
  header: 'compact',
} as const;
const event = (name: string): JsonValue => ({ name: `p:${name}`, logLevel: 6, fields: [] });

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});
afterEach(() => daemon.dispose());

/** A session with a small channel, not started. */
async function createSession(client: TestClient, name = 's'): Promise<void> {
  await client.ask('create-session', { name, output: join(daemon.parent, name), ...DEFAULT_SESSION });
  await client.ask('enable-channel', { session: name, channel: smallChannel });
  await client.ask('enable-event', { session: name, channel: 'small', rule: { pattern: 'p:*' } });
}

async function startedSession(name = 's'): Promise<TestClient> {
  const client = await daemon.client();
  await createSession(client, name);
  await client.ask('start-session', { session: name });
  return client;
}

function keyOf(app: FakeApplication): number {
  const [channel] = app.state()?.channels ?? [];
  if (channel === undefined) throw new Error('there is no channel in the control file');
  return channel.key;
}

describe('a session', () => {
  it('reaches an application that registers while it is active, before the answer', async () => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application();
    const uid = process.getuid?.();
    expect(app.state()?.channels).toMatchObject([
      { session: 's', name: 'small', header: 'compact', subBufBytes: 4096, subBufCount: 2, ringDirectory: null },
    ]);
    expect(app.state()?.channels[0]?.wakePath).toBe(daemon.directory.wakeFifo);
    await expect.poll(() => daemon.commands('open-channel')).toHaveLength(1);
    const [trace] = daemon.commands('open-trace');
    expect(trace).toMatchObject({
      session: 's',
      output: { kind: 'directory', path: join(daemon.parent, 's') },
      tracePath: join('ust', 'uid', `${uid}`, '64-bit'),
    });
    expect(trace?.uuid).toBe(app.state()?.channels[0]?.traceUuid);
  });

  it('reaches an application that was there before, and leaves it when it stops', async () => {
    await daemon.start();
    const app = await daemon.application();
    expect(app.state()).toEqual({ channels: [], triggers: [] });
    const client = await startedSession();
    expect(app.state()?.channels).toHaveLength(1);
    expect(daemon.commands('open-channel')).toHaveLength(1);
    expect(await client.ask('stop-session', { session: 's' })).toMatchObject({ eventsRecorded: 42 });
    expect(app.state()).toEqual({ channels: [], triggers: [] });
    await client.ask('start-session', { session: 's' });
    expect(app.state()?.channels).toHaveLength(1);
    expect(daemon.commands('open-trace')).toHaveLength(1);
  });

  it('tells applications of rules and channels that come while it is active', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    await client.ask('enable-event', { session: 's', channel: 'small', rule: { pattern: 'q:*' } });
    await expect.poll(() => app.state()?.channels[0]?.rules).toEqual([{ pattern: 'p:*' }, { pattern: 'q:*' }]);
    await client.ask('enable-channel', { session: 's', channel: { ...smallChannel, name: 'second' } });
    await expect.poll(() => app.state()?.channels.map(({ name }) => name)).toEqual(['small', 'second']);
    expect(daemon.commands('open-channel').map(({ streamClassId }) => streamClassId)).toEqual([0, 1]);
  });

  it('writes to each slot on its own', async () => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application({ slot: 1 });
    expect(app.state(1)?.channels).toHaveLength(1);
    expect(app.state(0)).toBeUndefined();
  });

  it('lists what there is', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application({ procname: 'node', program: 'shop', tid: 77 });
    app.send({ type: 'tracepoints', tracepoints: [{ name: 'p:a', logLevel: 6, fields: [] }] });
    app.send({ type: 'trouble', channel: keyOf(app), code: 'NO_MEMORY', message: 'a ring could not be made' });
    await app.declare(keyOf(app), event('a'));
    expect(await client.ask('list-sessions', {})).toMatchObject([
      {
        name: 's',
        active: true,
        domains: [{ domain: 'user', channels: [{ ...smallChannel, rules: [{ pattern: 'p:*' }] }] }],
      },
    ]);
    expect(await client.ask('list-instrumentation', { fields: true })).toMatchObject({
      applications: [
        {
          procname: 'node',
          program: 'shop',
          tid: 77,
          uid: process.getuid?.(),
          tracepoints: 0,
          troubles: ['a ring could not be made'],
        },
      ],
      tracepointLists: [[{ name: 'p:a', logLevel: 6, fields: [] }]],
    });
    const { troubles } = await client.ask('session-statistics', { session: 's' });
    expect(troubles).toEqual([`thread 77 of process ${process.pid} (shop): a ring could not be made (NO_MEMORY)`]);
  });

  it('names a process as its main thread does, also later', async () => {
    await daemon.start();
    const client = await startedSession();
    const worker = await daemon.application({ tid: 77, program: 'worker.js', mainThread: false });
    const names = async () => {
      const { applications } = await client.ask('list-instrumentation', { fields: false });
      return applications.map(({ tid, program }) => [tid, program]);
    };
    expect(await names()).toEqual([[77, 'worker.js']]);
    const main = await daemon.application({ tid: 78, program: 'shop/server.js' });
    worker.send({ type: 'program', program: 'other' });
    main.send({ type: 'program', program: 'checkout\n' });
    const named = [77, 78].map((tid) => [tid, 'checkout?']);
    await expect.poll(names).toEqual(named);
    main.close();
    await expect.poll(names).toEqual(named.slice(0, 1));
  });

  it('adds up the wrong values of programs that run and programs that were killed, field by field', async () => {
    await daemon.start();
    const client = await startedSession();
    const apps = [await daemon.application({ tid: 77 }), await daemon.application({ tid: 78 })];
    const index = CONTROL_WRONG_COUNTERS_FROM;
    const counterOf = (app: FakeApplication, value: number, at = index) => {
      const word = Buffer.alloc(8);
      word.writeDoubleLE(value);
      writeSync(app.control, word, 0, 8, CONTROL_COUNTERS_OFFSET + at * 8);
    };
    const announce = (app: FakeApplication, field: string, more: object = {}) =>
      app.send({
        ...{ type: 'wrong-value', channel: keyOf(app), event: 'p:a', field, fieldType: 'u32' },
        ...{ first: `a string of ${field}`, index, start: 0, ...more },
      });
    const wrongValues = async () => {
      const { wrongValues: list } = await client.ask('session-statistics', { session: 's' });
      return list.map(({ field, count }) => [field, count]);
    };
    for (const app of apps) announce(app, 'id');
    counterOf(apps[0] as FakeApplication, 5);
    counterOf(apps[1] as FakeApplication, 7);
    await expect.poll(wrongValues).toEqual([['id', 12]]);
    apps[1]?.close();
    // The counter of the other slot, and a channel that does not exist.
    announce(apps[0] as FakeApplication, 'stray', { index: index + 1 });
    announce(apps[0] as FakeApplication, 'lost', { channel: 12_345, index: index + 2 });
    counterOf(apps[0] as FakeApplication, 9);
    announce(apps[0] as FakeApplication, 'who', { start: 8 });
    await expect.poll(wrongValues).toEqual([
      ['id', 15],
      ['who', 1],
    ]);
    for (const absurd of [Number.NaN, -3, Number.POSITIVE_INFINITY]) {
      counterOf(apps[0] as FakeApplication, absurd);
      expect((await wrongValues())[0]).toEqual(['id', 15]);
    }
    await client.ask('clear-session', { session: 's' });
    expect(await wrongValues()).toEqual([]);
    counterOf(apps[0] as FakeApplication, 20);
    const [row] = (await client.ask('stop-session', { session: 's' })).wrongValues;
    expect(row).toEqual({ event: 'p:a', field: 'who', fieldType: 'u32', first: 'a string of who', count: 12 });
  });

  it('lists equal tracepoints of several applications once, without fields where nobody asks for them', async () => {
    await daemon.start();
    const client = await startedSession();
    const a = { name: 'p:a', logLevel: 6, fields: [{ name: 'n', spec: { kind: 'string' } }] };
    const b = { name: 'p:b', logLevel: 6, fields: [] };
    for (const [idx, tracepoints] of [[a], [b], [a]].entries()) {
      const app = await daemon.application({ tid: 70 + idx });
      app.send({ type: 'tracepoints', tracepoints });
      await app.declare(keyOf(app), event(`e${idx}`));
    }
    const listed = (fields: boolean) => client.ask('list-instrumentation', { fields });
    const applications = [0, 1, 0].map((tracepoints, idx) => ({ tid: 70 + idx, tracepoints }));
    expect(await listed(true)).toMatchObject({ applications, tracepointLists: [[a], [b]] });
    expect(await listed(false)).toMatchObject({ applications, tracepointLists: [[{ ...a, fields: [] }], [b]] });
  });
});

describe('identifiers', () => {
  it('are one per description in a channel, whoever declares it, and confirmed by the consumer', async () => {
    await daemon.start();
    await startedSession();
    const [one, two] = [await daemon.application(), await daemon.application({ tid: 2 })];
    const key = keyOf(one);
    const answers = await Promise.all([
      one.declare(key, event('a'), event('b')),
      two.declare(key, event('b'), event('c'), event('a')),
    ]);
    const [first, second] = answers as unknown as { ids: number[] }[];
    expect(new Set([...first!.ids, ...second!.ids]).size).toBe(3);
    expect([second!.ids[2], second!.ids[0]]).toEqual(first!.ids);
    const told = daemon.commands('declare-events').flatMap(({ events }) => events.map(({ id }) => id));
    expect(told.sort()).toEqual([0, 1, 2]);
  });

  it('are refused where the metadata cannot be written, and given once it can', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    daemon.tell('refuse', 'declare-events');
    expect(await app.declare(keyOf(app), event('a'))).toMatchObject({ type: 'refused', code: 'METADATA_NOT_WRITTEN' });
    expect((await client.ask('session-statistics', { session: 's' })).troubles.join()).toContain('refused by the test');
    daemon.untell('refuse');
    expect(await app.declare(keyOf(app), event('a'))).toEqual({ type: 'declared', ids: [0] });
  });

  it('are not given in a channel that is gone', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    const key = keyOf(app);
    await client.ask('destroy-session', { session: 's' });
    expect(await app.declare(key, event('a'))).toMatchObject({ type: 'refused', code: 'NO_CHANNEL' });
  });
});

describe('rings', () => {
  it('reach the consumer with what is in them, though their thread is killed at once', async () => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application({ pid: 4, tid: 5, procname: 'brief' });
    app.sendRing(keyOf(app), RING_BYTES, 'content');
    app.close();
    await expect.poll(() => daemon.commands('close-ring')).toHaveLength(1);
    const opened = daemon.asked().filter(({ command }) => command.type === 'open-ring');
    expect(opened).toMatchObject([
      {
        ringText: 'content',
        command: { streamInstanceId: 0, source: { bytes: RING_BYTES, pid: 4, tid: 5, procname: 'brief' } },
      },
    ]);
    await expect.poll(() => daemon.memfds()).toBe(0);
  });

  it('belong to a stop if they were sent before it', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), RING_BYTES);
    await client.ask('stop-session', { session: 's' });
    const types = daemon.asked().map(({ command }) => command.type);
    expect(types.indexOf('open-ring')).toBeGreaterThan(-1);
    expect(types.indexOf('open-ring')).toBeLessThan(types.indexOf('flush'));
  });

  it('replace the one that the thread had in the channel before', async () => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), RING_BYTES);
    app.sendRing(keyOf(app), RING_BYTES);
    await expect.poll(() => daemon.commands('close-ring').map(({ ring }) => ring)).toEqual([1]);
    expect(daemon.commands('open-ring').map(({ ring, streamInstanceId }) => [ring, streamInstanceId])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  it('are let go of with their session', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), RING_BYTES);
    await app.declare(keyOf(app), event('a'));
    expect(daemon.memfds()).toBe(2);
    await client.ask('destroy-session', { session: 's' });
    expect(daemon.memfds()).toBe(1);
  });

  it.each([
    ['of another size', RING_BYTES + 4096],
    ['of no size that its channel has', 4096],
  ])('%s end the connection and leave nothing open', async (_, bytes) => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), bytes);
    expect(await app.reply()).toMatchObject({ type: 'refused', code: 'BAD_MESSAGE' });
    expect(await app.reply()).toBeUndefined();
    await expect.poll(() => daemon.memfds()).toBe(0);
    expect(daemon.commands('open-ring')).toEqual([]);
  });

  it('that the consumer refuses are told and let go of', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    daemon.tell('refuse', 'open-ring BAD_REQUEST');
    app.sendRing(keyOf(app), RING_BYTES);
    await expect.poll(() => daemon.commands('open-ring')).toHaveLength(1);
    await expect.poll(() => daemon.memfds()).toBe(1);
    expect((await client.ask('session-statistics', { session: 's' })).troubles.join()).toContain('refused by the test');
  });
});

describe('the consumer', () => {
  it('is replaced when it is killed, and the next one is told everything', async () => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), RING_BYTES, 'content');
    expect(await app.declare(keyOf(app), event('a'))).toMatchObject({ ids: [0] });
    daemon.tell('kill-at', 'flush');
    expect(await client.ask('stop-session', { session: 's' })).toMatchObject({ eventsRecorded: 42 });
    const [first] = daemon.asked();
    const second = daemon.asked().filter(({ pid }) => pid !== first?.pid);
    expect(second.map(({ command }) => command.type)).toEqual([
      'open-trace',
      'open-channel',
      'open-ring',
      'declare-events',
      'flush',
    ]);
    expect(second.find(({ command }) => command.type === 'open-ring')?.ringText).toBe('content');
  });

  it.each(['declare-events', 'close-session'])('killed at %s does not lose the request', async (type) => {
    await daemon.start();
    const client = await startedSession();
    const app = await daemon.application();
    daemon.tell('kill-at', type);
    expect(await app.declare(keyOf(app), event('a'))).toEqual({ type: 'declared', ids: [0] });
    expect(await client.ask('destroy-session', { session: 's' })).toMatchObject({ eventsRecorded: 42 });
    expect(await client.ask('list-sessions', {})).toEqual([]);
    expect(new Set(daemon.asked().map(({ pid }) => pid)).size).toBe(2);
  });

  it('that dies with a thread at the same time still gets its ring', async () => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), RING_BYTES, 'content');
    await app.declare(keyOf(app), event('a'));
    daemon.tell('kill-at', 'close-ring');
    app.close();
    await expect.poll(() => daemon.commands('close-ring')).toHaveLength(2);
    const opened = daemon.asked().filter(({ command }) => command.type === 'open-ring');
    expect(opened.map(({ ringText }) => ringText)).toEqual(['content', 'content']);
    await expect.poll(() => daemon.memfds()).toBe(0);
  });

  it('that cannot be started is told to clients in words, and everything is there once it can', async () => {
    mkdirSync(daemon.directory.path, { mode: 0o700 });
    daemon.tell('broken', '');
    await daemon.start();
    const client = await daemon.client();
    await createSession(client);
    const failed = await client.reply('start-session', { session: 's' });
    expect(failed).toMatchObject({ ok: false, code: 'CONSUMER_UNAVAILABLE' });
    expect(failed.ok ? '' : failed.message).toContain('the fake consumer is broken');
    expect(await client.ask('list-sessions', {})).toMatchObject([{ active: false }]);
    daemon.untell('broken');
    await expect
      .poll(async () => (await client.reply('start-session', { session: 's' })).ok, { interval: 500 })
      .toBe(true);
    expect((await daemon.application()).state()?.channels).toHaveLength(1);
  });

  it('that refuses a trace makes the start fail with the reason, and can be asked again', async () => {
    await daemon.start();
    const client = await daemon.client();
    const app = await daemon.application();
    await createSession(client);
    daemon.tell('refuse', 'open-trace');
    const failed = await client.reply('start-session', { session: 's' });
    expect(failed).toMatchObject({ ok: false, code: 'OUTPUT_NOT_WRITABLE' });
    expect(app.state()).toEqual({ channels: [], triggers: [] });
    daemon.untell('refuse');
    await client.ask('start-session', { session: 's' });
    expect(app.state()?.channels).toHaveLength(1);
  });
});

describe('clients', () => {
  it('get a code for what cannot be', async () => {
    await daemon.start();
    const client = await startedSession();
    const codeOf = async (command: string, params: unknown) => {
      const reply = await client.reply(command, params);
      return reply.ok ? 'ok' : reply.code;
    };
    const output = join(daemon.parent, 'other');
    const create = (more: object) => codeOf('create-session', { ...DEFAULT_SESSION, name: 'n', output, ...more });
    expect(await create({ name: 's' })).toBe('SESSION_EXISTS');
    expect(await create({ name: '../n' })).toBe('BAD_PARAMETER');
    expect(await create({ output: join(daemon.parent, 's', 'ust') })).toBe('OUTPUT_IN_USE');
    expect(await create({ output: '/proc/nowhere' })).toBe('OUTPUT_NOT_WRITABLE');
    expect(await codeOf('start-session', { session: 's' })).toBe('ALREADY_STARTED');
    expect(await codeOf('start-session', { session: 'n' })).toBe('NO_SUCH_SESSION');
    expect(await codeOf('enable-channel', { session: 's', channel: smallChannel })).toBe('CHANNEL_EXISTS');
    expect(
      await codeOf('enable-channel', {
        session: 's',
        channel: { ...smallChannel, name: 'huge', subBufBytes: 2 ** 40 },
      }),
    ).toBe('BAD_PARAMETER');
    expect(await codeOf('dance', {})).toBe('BAD_PARAMETER');
    await client.ask('stop-session', { session: 's' });
    expect(await codeOf('stop-session', { session: 's' })).toBe('ALREADY_STOPPED');
  });

  it('get a directory of its own for a session whose directory is that of another', async () => {
    await daemon.start();
    const client = await startedSession();
    const wanted = join(daemon.parent, 's');
    const create = async (name: string) =>
      (await client.ask('create-session', { ...DEFAULT_SESSION, name, output: wanted })).output as string;
    const restored = { ...DEFAULT_SESSION, name: 'restored', output: wanted, restored: true };
    expect((await client.ask('create-session', restored)).output).toMatch(new RegExp(`^${wanted}-\\d{8}-\\d{6}$`));
    for (const name of ['t', 'u']) {
      const output = await create(name);
      expect(output).toMatch(new RegExp(`^${wanted}/${name}-\\d{8}-\\d{6}$`));
      expect(statSync(output).mode & 0o777).toBe(0o700);
    }
    await client.ask('destroy-session', { session: 's' });
    expect(await create('s')).toBe(wanted);
  });

  it('may overlap on one session: each command finds what the one before has left', async () => {
    await daemon.start();
    const client = await startedSession();
    const other = await daemon.client();
    await daemon.application();
    const [stopped, destroyed, again] = await Promise.all([
      client.reply('stop-session', { session: 's' }),
      other.reply('destroy-session', { session: 's' }),
      (await daemon.client()).reply('stop-session', { session: 's' }),
    ]);
    expect(stopped.ok).toBe(true);
    expect(destroyed.ok).toBe(true);
    expect(again).toMatchObject({ ok: false });
  });

  it('that speak nonsense or go away in the middle of a request take nothing from others', async () => {
    await daemon.start();
    const good = await startedSession();
    const frame = encodeFrame({ id: 1, command: 'stop-session', params: { session: 's' } }, CLIENT_FRAME_BYTES_MAX);
    for (const bytes of [Buffer.from([1, 0, 0, 0, 0x7b]), Buffer.alloc(4, 0xff), frame.subarray(0, 9), frame]) {
      const bad = await daemon.client();
      bad.socket.write(bytes);
      if (bytes === frame || bytes.length === 9) bad.socket.end();
      await bad.closed;
    }
    expect(await good.ask('list-sessions', {})).toHaveLength(1);
  });

  it('that do not say hello are not served', async () => {
    await daemon.start();
    const client = await daemon.client();
    expect(await client.reply('hello', { protocol: 99 })).toMatchObject({ ok: false, code: 'PROTOCOL_VERSION' });
  });
});

describe('control files that are no use', () => {
  it.each<[string, string, (application: FakeApplication) => number]>([
    ['open for reading only', 'cannot be written: EBADF', ({ control }) => openSync(`/proc/self/fd/${control}`, 'r')],
    [
      'open for writing only',
      'cannot be read: EBADF',
      ({ control }) => openSync(`/proc/self/fd/${control}`, constants.O_WRONLY),
    ],
    [
      'sealed against writing',
      'cannot be written: EPERM',
      ({ control }) => {
        posix.addSeals(control, F_SEAL_WRITE);
        return openSync(`/proc/self/fd/${control}`, 'r+');
      },
    ],
  ])('%s are refused in one line each, of which the log has the first and a count', async (_, why, open) => {
    const extra = 7;
    await daemon.start();
    for (let count = 0; count < LOG_LINES_PER_PEER_MAX + extra; count++) {
      const application = new FakeApplication(daemon.directory.appSocket);
      const descriptor = open(application);
      application.send(REGISTER, descriptor);
      expect(await application.reply()).toMatchObject({
        type: 'refused',
        code: 'BAD_MESSAGE',
        message: expect.stringContaining(`the control file ${why}`),
      });
      closeSync(descriptor);
      application.close();
    }
    daemon.kill('SIGTERM');
    await daemon.ended();
    const lines = readFileSync(daemon.directory.logFile, 'utf8').split('\n');
    expect(lines.filter((line) => line.includes(`the control file ${why}`))).toHaveLength(LOG_LINES_PER_PEER_MAX);
    expect(lines.filter((line) => line.includes(`: ${extra} more lines are left out`))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('.js:'))).toEqual([]);
  });
});

describe('the process', () => {
  it('keeps its files to itself, as far as its user is not root', async () => {
    await daemon.start(FAKE_CONSUMER, ['--group', 'ringtail-no-such-group']);
    const { appSocket, clientSocket, consumerSocket, wakeFifo, pidFile, logFile } = daemon.directory;
    const modes = [clientSocket, consumerSocket, pidFile, logFile].map((path) => statSync(path).mode & 0o777);
    for (const mode of modes) expect(mode & 0o077).toBe(0);
    const isRoot = process.getuid?.() === 0;
    expect(statSync(appSocket).mode & 0o777).toBe(isRoot ? 0o666 : 0o600);
    expect(statSync(wakeFifo).mode & 0o777).toBe(isRoot ? 0o622 : 0o600);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends in order at %s', async (signal) => {
    await daemon.start();
    await startedSession();
    const app = await daemon.application();
    app.sendRing(keyOf(app), RING_BYTES);
    await app.declare(keyOf(app), event('a'));
    daemon.kill(signal);
    expect(await daemon.ended()).toMatchObject({ code: 0, stderr: '' });
    expect(daemon.commands('close-session')).toHaveLength(1);
    expect(app.state()).toEqual({ channels: [], triggers: [] });
    expect(readdirSync(daemon.directory.path).sort()).toEqual(['asked', 'sessiond.log']);
    expect(daemon.log()).toContain('stopped');
  });

  it('ends at the command of a client, after the answer', async () => {
    await daemon.start();
    const client = await startedSession();
    expect(await client.reply('shutdown', {})).toMatchObject({ ok: true });
    await client.closed;
    expect(existsSync(daemon.directory.pidFile)).toBe(false);
    expect(await daemon.ended()).toMatchObject({ code: 0 });
    expect(existsSync(daemon.directory.clientSocket)).toBe(false);
  });

  it('does not end while its consumer is gone and a session is open', async () => {
    await daemon.start();
    await startedSession();
    await daemon.application();
    daemon.tell('kill-at', 'close-session');
    daemon.kill('SIGTERM');
    expect(await daemon.ended()).toMatchObject({ code: 0 });
    expect(daemon.commands('close-session')).toHaveLength(2);
  });

  it('says that another one runs in the directory, and leaves that one alone', async () => {
    await daemon.start();
    const first = daemon.pid;
    const second = new TestDaemon();
    Object.assign(second, { directory: daemon.directory });
    try {
      const ended = await second.start();
      expect(ended?.code).toBe(1);
      expect(ended?.stderr).toContain(`a session daemon (process ${first}) runs in ${daemon.directory.path} already`);
    } finally {
      await second.dispose();
    }
    await daemon.client();
  });

  it('takes the place of one that was killed', async () => {
    await daemon.start();
    daemon.kill('SIGKILL');
    await daemon.ended();
    expect(existsSync(daemon.directory.clientSocket)).toBe(true);
    expect(await daemon.start()).toBeUndefined();
    await daemon.application();
  });

  it('refuses a run directory that others can write to', async () => {
    mkdirSync(daemon.directory.path);
    chmodSync(daemon.directory.path, 0o777);
    const ended = await daemon.start();
    expect(ended).toMatchObject({ code: 1 });
    expect(ended?.stderr).toContain('can be written to by everybody');
  });

  it('survives a run of hostile applications with its descriptors', async () => {
    await daemon.start();
    await startedSession();
    for (let round = 0; round < 100; round++) {
      const app = await daemon.application();
      const key = keyOf(app);
      if (round % 4 === 0) app.sendBytes(Buffer.alloc(4, 0xff));
      if (round % 4 === 1) app.sendRing(key, 12_345);
      if (round % 4 === 2) app.send({ type: 'declare', channel: key, events: [{ name: 1 }] });
      if (round % 4 === 3) app.sendBytes(Uint8Array.of(200, 0, 0, 0, 0x7b), app.control);
      app.close();
    }
    await expect.poll(() => daemon.memfds()).toBe(0);
    const app = await daemon.application();
    expect(await app.declare(keyOf(app), event('a'))).toEqual({ type: 'declared', ids: [0] });
  });
});

describe('ring files', () => {
  it('get a directory of their user', async () => {
    await daemon.start();
    const client = await daemon.client();
    const shmPath = join(daemon.parent, 'shm');
    await client.ask('create-session', { name: 's', output: join(daemon.parent, 's'), ...DEFAULT_SESSION, shmPath });
    await client.ask('enable-event', { session: 's', channel: null, rule: { pattern: 'p:*' } });
    await client.ask('start-session', { session: 's' });
    const app = await daemon.application();
    const directory = app.state()?.channels[0]?.ringDirectory as string;
    expect(directory).toBe(join(shmPath, 'ust', 'uid', `${process.getuid?.()}`, '64-bit'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    writeFileSync(join(directory, 'probe'), '');
  });
});

describe('a daemon of root', () => {
  it.skipIf(process.geteuid?.() !== 0)('warns of a group that was named and does not exist', async () => {
    await daemon.start(undefined, ['--group', 'no-such-group']);
    expect(daemon.log()).toContain('there is no group no-such-group: only root may give commands');
    const client = await daemon.client();
    expect(await client.ask('daemon-status', {})).toMatchObject({ missingGroup: 'no-such-group' });
  });
});
