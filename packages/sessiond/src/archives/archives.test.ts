import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CHANNEL, DEFAULT_SESSION } from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeApplication } from '../testing/fake-application.test.support.ts';
import { type TestClient, TestDaemon } from '../testing/test-daemon.test.support.ts';

const RING_BYTES = ringBytesFor(4096, 2);

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});
afterEach(() => daemon.dispose());

/** A client with a session of that kind and a channel of small rings, and an application where it is started. */
async function session(more: object = {}, channel: object = {}): Promise<TestClient> {
  await daemon.start();
  const client = await daemon.client();
  const output = join(daemon.parent, 's');
  await client.ask('create-session', { name: 's', output, ...DEFAULT_SESSION, ...more });
  const attributes = { ...DEFAULT_CHANNEL, name: 'small', subBufBytes: 4096, subBufCount: 2, ...channel };
  await client.ask('enable-channel', { session: 's', channel: attributes });
  await client.ask('enable-event', { session: 's', channel: 'small', rule: { pattern: 'p:*' } });
  return client;
}

async function started(more: object = {}): Promise<{ client: TestClient; app: FakeApplication }> {
  const client = await session(more);
  const app = await daemon.application();
  await client.ask('start-session', { session: 's' });
  return { client, app };
}

function keyOf(app: FakeApplication): number {
  return app.state()?.channels[0]?.key ?? -1;
}

async function codeOf(client: TestClient, command: string, params: object = {}): Promise<string> {
  const reply = await client.reply(command, { session: 's', ...params });
  return reply.ok ? 'ok' : reply.code;
}

const record = { output: null, name: null, maxBytes: null };

describe('a snapshot', () => {
  it("is recorded to every output, in a directory with LTTng's name, numbered within the session", async () => {
    const { client } = await started({ snapshot: true });
    const elsewhere = join(daemon.parent, 'deep', 'elsewhere');
    const second = { name: 'second', path: elsewhere, maxBytes: 4096 };
    expect(await client.ask('add-snapshot-output', { session: 's', output: second })).toMatchObject({ id: 2 });
    const { path, statistics } = await client.ask('record-snapshot', { session: 's', ...record });
    expect(path).toMatch(new RegExp(`^${daemon.parent}/s/snapshot-1-\\d{8}-\\d{6}-0$`));
    expect(statistics.eventsRecorded).toBe(42);
    const [first, other] = daemon.commands('snapshot');
    expect(first).toMatchObject({ destination: { kind: 'directory', path }, maxBytes: null });
    expect(other?.destination.path).toMatch(new RegExp(`^${elsewhere}/second-\\d{8}-\\d{6}-1$`));
    expect(other?.maxBytes).toBe(4096);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('goes where it is asked to, under the name and with the size it is asked for', async () => {
    const { client } = await started({ snapshot: true });
    const output = { name: null, path: join(daemon.parent, 'ad-hoc'), maxBytes: 5 };
    const one = await client.ask('record-snapshot', { session: 's', output, name: null, maxBytes: null });
    const two = await client.ask('record-snapshot', { session: 's', output, name: 'mine', maxBytes: 7 });
    expect(one.path).toMatch(/\/ad-hoc\/snapshot-0-\d{8}-\d{6}-0$/);
    expect(two.path).toMatch(/\/ad-hoc\/mine-\d{8}-\d{6}-1$/);
    expect(daemon.commands('snapshot').map(({ maxBytes }) => maxBytes)).toEqual([5, 7]);
  });

  it('is recorded of a stopped session as well, and of one without applications', async () => {
    const client = await session({ snapshot: true });
    await client.ask('start-session', { session: 's' });
    await client.ask('stop-session', { session: 's' });
    const { path } = await client.ask('record-snapshot', { session: 's', ...record });
    expect(existsSync(path)).toBe(true);
    expect(daemon.commands('snapshot')).toEqual([]);
  });

  it('is refused where it cannot be', async () => {
    const client = await session({ snapshot: true });
    const output = { name: 'snapshot-1', path: '/tmp', maxBytes: null };
    expect(await codeOf(client, 'record-snapshot', record)).toBe('NEVER_STARTED');
    expect(await codeOf(client, 'add-snapshot-output', { output })).toBe('SNAPSHOT_OUTPUT_EXISTS');
    expect(await codeOf(client, 'delete-snapshot-output', { output: 'snapshot-1' })).toBe('ok');
    expect(await codeOf(client, 'delete-snapshot-output', { output: 1 })).toBe('NO_SNAPSHOT_OUTPUT');
    await client.ask('start-session', { session: 's' });
    expect(await codeOf(client, 'record-snapshot', record)).toBe('NO_SNAPSHOT_OUTPUT');
    const impossible = { ...record, output: { ...output, path: '/proc/nowhere' } };
    expect(await codeOf(client, 'record-snapshot', impossible)).toBe('OUTPUT_NOT_WRITABLE');
    expect(await codeOf(client, 'rotate-session')).toBe('ROTATION_NOT_AVAILABLE');
    expect(await codeOf(client, 'set-rotation-schedule', { timerUs: 1_000_000 })).toBe('ROTATION_NOT_AVAILABLE');
  });

  it('is refused of a session that is not for it', async () => {
    const { client } = await started();
    expect(await codeOf(client, 'record-snapshot', record)).toBe('NOT_A_SNAPSHOT_SESSION');
    const output = { name: null, path: '/tmp', maxBytes: null };
    expect(await codeOf(client, 'add-snapshot-output', { output })).toBe('NOT_A_SNAPSHOT_SESSION');
  });

  it('is asked for once more of the consumer that comes after one that died over it', async () => {
    const { client } = await started({ snapshot: true });
    daemon.tell('kill-at', 'snapshot');
    const { path } = await client.ask('record-snapshot', { session: 's', ...record });
    expect(daemon.commands('snapshot').map(({ destination }) => destination.path)).toEqual([path, path]);
  });
});

describe('rings of threads that have ended', () => {
  it('stay open in a flight recorder, after a restart of the consumer too, until the session is cleared', async () => {
    const { client, app } = await started({ snapshot: true });
    app.sendRing(keyOf(app), RING_BYTES, 'content');
    app.close();
    await expect.poll(async () => (await client.ask('daemon-status', {})).applications).toBe(0);
    daemon.tell('kill-at', 'snapshot');
    await client.ask('record-snapshot', { session: 's', ...record });
    const opened = daemon.asked().filter(({ command }) => command.type === 'open-ring');
    expect(opened.map(({ ringText }) => ringText)).toEqual(['content', 'content']);
    expect(daemon.commands('close-ring')).toEqual([]);
    await client.ask('clear-session', { session: 's' });
    await expect.poll(() => daemon.memfds()).toBe(0);
  });

  it('are given up when they are too many, the oldest first, and that is said', async () => {
    const { client } = await started({ snapshot: true });
    for (let tid = 1; tid <= 66; tid++) {
      const app = await daemon.application({ tid: tid });
      app.sendRing(keyOf(app), RING_BYTES);
      app.close();
    }
    await expect.poll(() => daemon.commands('close-ring').map(({ ring }) => ring)).toEqual([1, 2]);
    const { troubles } = await client.ask('session-statistics', { session: 's' });
    expect(troubles.join()).toContain('threads have ended whose events no later snapshot has');
    await client.ask('destroy-session', { session: 's' });
    await expect.poll(() => daemon.memfds()).toBe(1);
  });
});

describe('a ring that cannot have its files', () => {
  it('is asked for again until it can, though its thread has ended meanwhile', async () => {
    const { client, app } = await started();
    daemon.tell('refuse', 'open-ring');
    app.sendRing(keyOf(app), RING_BYTES, 'content');
    await expect
      .poll(async () => (await client.ask('session-statistics', { session: 's' })).troubles.join())
      .toContain('rings wait for their files');
    app.close();
    daemon.untell('refuse');
    await expect.poll(() => daemon.commands('close-ring')).toHaveLength(1);
    await expect.poll(() => daemon.memfds()).toBe(0);
  });
});

describe('a rotation', () => {
  it("archives into a directory with LTTng's name, once after a stop, and the rest when the session is destroyed", async () => {
    const { client } = await started();
    const { archive } = await client.ask('rotate-session', { session: 's' });
    const date = '\\d{8}T\\d{6}[+-]\\d{4}';
    expect(archive).toMatch(new RegExp(`^${daemon.parent}/s/archives/${date}-${date}-0$`));
    await client.ask('stop-session', { session: 's' });
    expect((await client.ask('rotate-session', { session: 's' })).archive).toMatch(/-1$/);
    expect(await codeOf(client, 'rotate-session')).toBe('ROTATED_ALREADY');
    await client.ask('start-session', { session: 's' });
    expect(await client.ask('list-sessions', {})).toMatchObject([{ rotations: 2 }]);
    expect((await client.ask('destroy-session', { session: 's' })).archive).toMatch(/-2$/);
    expect(daemon.commands('rotate').map((command) => command.archive.path.at(-1))).toEqual(['0', '1', '2']);
    const types = daemon.asked().map(({ command }) => command.type);
    expect(types.lastIndexOf('rotate')).toBeLessThan(types.indexOf('close-session'));
  });

  it('is not part of destroying a session that never was rotated', async () => {
    const { client } = await started();
    expect(await client.ask('destroy-session', { session: 's' })).not.toHaveProperty('archive');
    expect(daemon.commands('rotate')).toEqual([]);
  });

  it('is refused before the first start and without an output', async () => {
    const client = await session();
    expect(await codeOf(client, 'rotate-session')).toBe('NEVER_STARTED');
    await client.ask('create-session', { ...DEFAULT_SESSION, name: 't', output: null });
    expect(await codeOf(client, 'rotate-session', { session: 't' })).toBe('ROTATION_NOT_AVAILABLE');
  });

  it('comes by a schedule too, and is told like one by command', async () => {
    const { client } = await started();
    const watcher = await daemon.client();
    await watcher.ask('subscribe', {});
    expect(await client.ask('set-rotation-schedule', { session: 's', timerUs: 50_000 })).toEqual({
      timerUs: 50_000,
      sizeBytes: null,
    });
    expect(await codeOf(client, 'set-rotation-schedule', { timerUs: 1 })).toBe('ROTATION_SCHEDULE_SET');
    await expect
      .poll(() => watcher.notifications.filter(({ kind }) => kind === 'rotation-completed').length)
      .toBeGreaterThan(1);
    await client.ask('set-rotation-schedule', { session: 's', timerUs: null });
    const rotated = daemon.commands('rotate').length;
    expect(await client.ask('list-sessions', {})).toMatchObject([{ rotations: rotated }]);
  });

  it('that the consumer refuses leaves the session as it was', async () => {
    const { client } = await started();
    daemon.tell('refuse', 'rotate');
    expect(await codeOf(client, 'rotate-session')).toBe('NOT_WRITTEN');
    daemon.untell('refuse');
    expect((await client.ask('rotate-session', { session: 's' })).archive).toMatch(/-0$/);
  });
});

describe('what else is done with everything that a session holds', () => {
  it('clears, and has nothing to archive then if the session is stopped', async () => {
    const { client } = await started();
    await client.ask('clear-session', { session: 's' });
    await client.ask('stop-session', { session: 's' });
    await client.ask('clear-session', { session: 's' });
    expect(daemon.commands('clear')).toEqual([
      { type: 'clear', session: 's' },
      { type: 'clear', session: 's' },
    ]);
    expect(await codeOf(client, 'rotate-session')).toBe('ROTATED_ALREADY');
  });

  it('regenerates metadata, and tells the next consumer of the newest offset only', async () => {
    const { client } = await started();
    await client.ask('regenerate-metadata', { session: 's' });
    await client.ask('regenerate-metadata', { session: 's' });
    const [first] = daemon.asked();
    daemon.tell('kill-at', 'flush');
    await client.ask('stop-session', { session: 's' });
    const told = daemon.asked().filter(({ command }) => command.type === 'regenerate-metadata');
    expect(told.map(({ pid }) => pid === first?.pid)).toEqual([true, true, false]);
    expect(told[2]?.command).toEqual(told[1]?.command);
  });

  it('does not regenerate metadata of traces of single processes, nor before the start', async () => {
    const client = await session({}, { ownership: 'process' });
    expect(await codeOf(client, 'regenerate-metadata')).toBe('NEVER_STARTED');
    expect(await codeOf(client, 'regenerate-statedump')).toBe('NOT_STARTED');
    await client.ask('start-session', { session: 's' });
    expect(await codeOf(client, 'regenerate-metadata')).toBe('PER_PROCESS_SESSION');
    expect(await codeOf(client, 'regenerate-statedump')).toBe('ok');
  });

  it('gives memory back, of the channels that are named', async () => {
    const { client, app } = await started();
    expect(await client.ask('reclaim-memory', { session: 's', channels: ['small'], olderThanUs: 5 })).toEqual({
      bytes: 4096,
    });
    const until = daemon.commands('reclaim')[0]?.until ?? 0;
    expect(daemon.commands('reclaim')).toEqual([{ type: 'reclaim', session: 's', channels: [keyOf(app)], until }]);
    expect(process.hrtime.bigint() - BigInt(until)).toBeGreaterThanOrEqual(5000n);
    await expect.poll(() => app.state()?.channels[0]).toMatchObject({ reclaim: 1, reclaimUntil: until });
    expect(await codeOf(client, 'reclaim-memory', { channels: ['other'], olderThanUs: 0 })).toBe('NO_CHANNEL');
  });
});

describe('subscribers', () => {
  it('are told of everything in the order in which it happened', async () => {
    await daemon.start();
    const watcher = await daemon.client();
    await watcher.ask('subscribe', {});
    const client = await daemon.client();
    await client.ask('create-session', {
      ...DEFAULT_SESSION,
      name: 's',
      output: join(daemon.parent, 's'),
      snapshot: true,
    });
    await client.ask('enable-event', { session: 's', channel: null, rule: { pattern: 'p:*' } });
    const app = await daemon.application({ tid: 77 });
    await client.ask('start-session', { session: 's' });
    const { path } = await client.ask('record-snapshot', { session: 's', ...record });
    await client.ask('stop-session', { session: 's' });
    await client.ask('clear-session', { session: 's' });
    await client.ask('destroy-session', { session: 's' });
    app.close();
    const told = { pid: process.pid, tid: 77, procname: 'fake', program: 'fake.js' };
    await expect
      .poll(() => watcher.notifications)
      .toEqual([
        { kind: 'session-created', session: 's' },
        { kind: 'session-changed', session: 's' },
        { kind: 'application-registered', ...told },
        { kind: 'session-started', session: 's' },
        { kind: 'snapshot-recorded', session: 's', path },
        { kind: 'session-stopped', session: 's' },
        { kind: 'session-cleared', session: 's' },
        { kind: 'session-destroyed', session: 's' },
        { kind: 'application-gone', ...told },
      ]);
  });

  it('that do not read keep nobody waiting, and are told how much they missed', async () => {
    const client = await session();
    const watcher = await daemon.client();
    await watcher.ask('subscribe', {});
    watcher.socket.pause();
    const changes = 6000;
    for (let change = 0; change < changes; change += 2) {
      await Promise.all([
        client.ask('disable-channel', { session: 's', channel: 'small' }),
        client.ask('enable-channel', {
          session: 's',
          channel: { ...DEFAULT_CHANNEL, name: 'small', subBufBytes: 4096, subBufCount: 2 },
        }),
      ]);
    }
    watcher.socket.resume();
    const counted = () =>
      watcher.notifications.reduce((sum, told) => sum + (told.kind === 'dropped' ? told.count : 1), 0);
    await expect.poll(counted).toBe(changes);
    expect(watcher.notifications.some(({ kind }) => kind === 'dropped')).toBe(true);
  });
});

describe('sessions that were saved', () => {
  it('come from files of the directory that is named, and one that is wrong stops none', async () => {
    const directory = join(daemon.parent, 'saved');
    mkdirSync(directory);
    const { printSessionFile } = await import('@ringtail/session-file');
    const { writeFileSync } = await import('node:fs');
    const client = await session();
    await client.ask('start-session', { session: 's' });
    const [saved] = await client.ask('list-sessions', {});
    if (saved === undefined) throw new Error('there is no session');
    writeFileSync(join(directory, 'a.lttng'), 'nonsense');
    writeFileSync(join(directory, 'b.lttng'), printSessionFile([{ ...saved, output: '/proc/nowhere', name: 'lost' }]));
    writeFileSync(join(directory, 'c.lttng'), printSessionFile([saved]));
    writeFileSync(join(daemon.parent, 's', 'ust', 'channel0_0'), '');
    daemon.kill('SIGTERM');
    await daemon.ended();
    await daemon.start(undefined, ['--load', directory]);
    const again = await daemon.client();
    const [loaded, ...more] = await again.ask('list-sessions', {});
    expect(more).toEqual([]);
    expect(loaded).toMatchObject({
      name: 's',
      active: true,
      domains: [{ domain: 'user', channels: [{ name: 'small', rules: [{ pattern: 'p:*' }] }] }],
    });
    expect(loaded?.output).toMatch(new RegExp(`^${daemon.parent}/s-\\d{8}-\\d{6}$`));
    expect(daemon.log()).toContain('a.lttng cannot be loaded');
    expect(daemon.log()).toContain('session lost of');
  });
});

describe('limits of archives and snapshots', () => {
  const limits = { ageSeconds: null, count: 2, bytes: null };
  const description = async (client: TestClient) => (await client.ask('list-sessions', {}))[0];

  it('remove the oldest snapshots of their output, and are in the list', async () => {
    const { client } = await started({ snapshot: true, retention: limits });
    const other = { name: 'other', path: join(daemon.parent, 'other'), maxBytes: null };
    await client.ask('add-snapshot-output', { session: 's', output: other });
    const paths: string[] = [];
    for (let i = 0; i < 4; i++) paths.push((await client.ask('record-snapshot', { session: 's', ...record })).path);
    await expect.poll(() => paths.map((path) => existsSync(path))).toEqual([false, false, true, true]);
    await expect.poll(async () => (await description(client))?.archivesRemoved).toBe(2);
    expect(readdirSync(other.path)).toHaveLength(4);
    const listed = (await description(client))?.snapshotOutputs.map(({ retention }) => retention);
    expect(listed).toEqual([limits, undefined]);
    expect(daemon.log()).toContain(`removed ${paths[0]}, which was beyond its limits`);
  });

  it('remove the oldest archives of rotations, when they are set and after each rotation', async () => {
    const client = await session();
    const rotate = async () => {
      await client.ask('start-session', { session: 's' });
      const { archive } = await client.ask('rotate-session', { session: 's' });
      await client.ask('stop-session', { session: 's' });
      return archive;
    };
    const foreign = join(daemon.parent, 's', 'archives', 'mine');
    const archives = [await rotate(), await rotate(), await rotate()];
    mkdirSync(foreign);
    expect(archives.map((path) => existsSync(path))).toEqual([true, true, true]);
    expect(await client.ask('set-retention', { session: 's', count: 2 })).toEqual(limits);
    await expect.poll(() => archives.map((path) => existsSync(path))).toEqual([false, true, true]);
    archives.push(await rotate());
    await expect.poll(() => archives.map((path) => existsSync(path))).toEqual([false, false, true, true]);
    expect(await client.ask('set-retention', { session: 's', bytes: 5, count: null })).toEqual({
      ageSeconds: null,
      count: null,
      bytes: 5,
    });
    expect(existsSync(foreign)).toBe(true);
    expect(await description(client)).toMatchObject({ rotations: 4, archivesRemoved: 2 });
  });

  it('are refused for archives of a flight recorder', async () => {
    const client = await session({ snapshot: true });
    expect(await codeOf(client, 'set-retention', { count: 1 })).toBe('ROTATION_NOT_AVAILABLE');
  });
});
