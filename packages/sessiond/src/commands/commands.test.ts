import { join } from 'node:path';
import { type Commands, DEFAULT_CHANNEL, DEFAULT_SESSION } from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeApplication } from '../testing/fake-application.test.support.ts';
import { type TestClient, TestDaemon } from '../testing/test-daemon.test.support.ts';

const channel = { ...DEFAULT_CHANNEL, name: 'c', subBufBytes: 4096, subBufCount: 2 };
const session = 's';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});
afterEach(() => daemon.dispose());

async function startedDaemon(): Promise<TestClient> {
  await daemon.start();
  return await daemon.client();
}

async function create(client: TestClient, more: Partial<Commands['create-session']['params']> = {}): Promise<void> {
  await client.ask('create-session', {
    name: session,
    output: join(daemon.parent, session),
    ...DEFAULT_SESSION,
    ...more,
  });
}

const channelNames = (app: FakeApplication) => app.state()?.channels.map(({ name }) => name);
const patterns = (app: FakeApplication) =>
  app.state()?.channels.map(({ rules }) => rules.map(({ pattern }) => pattern));

describe('a session that is active', () => {
  it('takes channels and rules from applications that are disabled, and gives them back', async () => {
    const client = await startedDaemon();
    await create(client);
    await client.ask('enable-channel', { session, channel });
    await client.ask('enable-event', { session, channel: 'c', rule: { pattern: 'a:*' } });
    await client.ask('enable-event', { session, channel: 'd', rule: { pattern: 'b:*' } });
    await client.ask('start-session', { session });
    const app = await daemon.application();
    const before = app.state();
    expect(channelNames(app)).toEqual(['c', 'd']);
    await client.ask('disable-channel', { session, channel: 'c' });
    await expect.poll(() => channelNames(app)).toEqual(['d']);
    const disabled = await client.ask('disable-event', { session, channel: 'd', pattern: 'b:*' });
    expect(disabled).toEqual({ channel: 'd', disabled: 1 });
    await expect.poll(() => patterns(app)).toEqual([[]]);
    expect(await client.ask('list-sessions', {})).toMatchObject([
      {
        domains: [
          {
            channels: [
              { name: 'c', enabled: false, rules: [{ pattern: 'a:*', enabled: true }] },
              { name: 'd', enabled: true, rules: [{ pattern: 'b:*', enabled: false }] },
            ],
          },
        ],
      },
    ]);
    await client.ask('enable-channel', { session, channel });
    await client.ask('enable-event', { session, channel: 'd', rule: { pattern: 'b:*' } });
    await expect.poll(() => app.state()).toEqual(before);
  });

  it('records those that its trackers have', async () => {
    const client = await startedDaemon();
    await create(client);
    await client.ask('enable-event', { session, channel: null, rule: { pattern: '*' } });
    await client.ask('track', { session, attribute: 'vpid', values: [1] });
    await client.ask('start-session', { session });
    const app = await daemon.application({ pid: 1 });
    expect(channelNames(app)).toEqual([]);
    // What a program says of itself is not asked.
    expect(daemon.commands('open-trace')).toEqual([]);
    await client.ask('track', { session, attribute: 'vpid', values: [process.pid] });
    await expect.poll(() => channelNames(app)).toEqual(['channel0']);
    expect(daemon.commands('open-trace')).toHaveLength(1);
    await client.ask('untrack', { session, attribute: 'vuid', values: null });
    await expect.poll(() => channelNames(app)).toEqual([]);
    expect((await client.ask('list-sessions', {}))[0]?.domains[0]?.trackers).toEqual({
      vpid: [1, process.pid].sort((a, b) => a - b),
      vuid: [],
      vgid: null,
    });
  });

  it('has idle applications look when they are to record their state', async () => {
    const client = await startedDaemon();
    const app = await daemon.application();
    await create(client);
    await client.ask('enable-event', { session, channel: null, rule: { pattern: '*' } });
    await client.ask('start-session', { session });
    expect(await app.reply()).toEqual({ type: 'look', turn: 0 });
    expect(app.state()?.channels[0]?.statedump).toBe(1);
    const late = await daemon.application();
    expect(late.state()?.channels[0]?.statedump).toBe(1);
    await client.ask('stop-session', { session });
    await client.ask('start-session', { session });
    expect([await app.reply(), await late.reply()]).toEqual([
      { type: 'look', turn: 0 },
      { type: 'look', turn: 0 },
    ]);
    expect(late.state()?.channels[0]?.statedump).toBe(2);
  });
});

describe('buffers of processes', () => {
  it('are in a trace of the process, until its last thread has gone', async () => {
    const client = await startedDaemon();
    await create(client);
    await client.ask('enable-channel', { session, channel: { ...channel, ownership: 'process' } });
    await client.ask('start-session', { session });
    const one = await daemon.application({ procname: 'my app' });
    const two = await daemon.application({ tid: process.pid + 1 });
    expect(two.state()).toEqual(one.state());
    const key = one.state()!.channels[0]!.key;
    two.sendRing(key, ringBytesFor(4096, 2));
    await expect.poll(() => daemon.commands('open-ring')).toHaveLength(1);
    one.close();
    await expect.poll(async () => (await client.ask('daemon-status', {})).applications).toBe(1);
    expect(await two.declare(key, { name: 'a:b', logLevel: 6, fields: [] })).toEqual({ type: 'declared', ids: [0] });
    two.close();
    await expect.poll(async () => (await client.ask('daemon-status', {})).applications).toBe(0);
    await expect.poll(() => daemon.commands('close-ring')).toHaveLength(1);
    const again = await daemon.application({ procname: 'my app' });
    expect(again.state()?.channels[0]?.key).not.toBe(key);
    const [first, second] = daemon.commands('open-trace');
    expect(first?.tracePath).toMatch(new RegExp(`^ust/pid/my_app-${process.pid}-\\d{8}-\\d{6}$`));
    expect(second?.tracePath).not.toBe(first?.tracePath);
    expect(Object.fromEntries(first?.environment ?? [])).toMatchObject({
      tracer_buffering_scheme: 'pid',
      vpid: process.pid,
      procname: 'my app',
    });
    again.close();
    expect(await client.ask('destroy-session', { session })).toMatchObject({ eventsRecorded: 42 });
  });
});

describe('a command', () => {
  it('that cannot be is refused with a code', async () => {
    const client = await startedDaemon();
    await create(client);
    const refusal = async (command: string, params: object) => {
      const reply = await client.reply(command, { session, ...params });
      return reply.ok ? 'ok' : [reply.code, reply.message];
    };
    const rule = { pattern: 'a:*', filter: 'n == 1 && (m' };
    expect(await refusal('enable-event', { channel: null, rule })).toEqual([
      'BAD_FILTER',
      expect.stringMatching(/column \d+/),
    ]);
    expect(await refusal('disable-event', { channel: null, pattern: 'a' })).toContain('NO_CHANNEL');
    expect(await refusal('disable-channel', { channel: 'c' })).toContain('NO_CHANNEL');
    await client.ask('enable-channel', { session, channel });
    expect(await refusal('enable-channel', { channel })).toContain('CHANNEL_EXISTS');
    expect(await refusal('enable-channel', { channel: { ...channel, name: 'd', ownership: 'process' } })).toContain(
      'OWNERSHIP_MISMATCH',
    );
    expect(await refusal('disable-event', { channel: 'c', pattern: 'a' })).toContain('NO_RULE');
    expect(await client.ask('disable-event', { session, channel: 'c', pattern: null })).toMatchObject({ disabled: 0 });
  });

  it('that starts a session without a channel is refused, and the session stays stopped', async () => {
    const client = await startedDaemon();
    await create(client);
    const app = await daemon.application();
    expect(await client.reply('start-session', { session })).toMatchObject({
      ok: false,
      code: 'NO_CHANNEL',
      message: 'the session s has no channel: enable events first',
    });
    expect(await client.ask('list-sessions', {})).toMatchObject([{ name: session, active: false }]);
    expect([daemon.commands('open-trace'), app.state()?.channels ?? []]).toEqual([[], []]);
    await client.ask('enable-event', { session, channel: null, rule: { pattern: '*' } });
    expect(await client.reply('start-session', { session })).toMatchObject({ ok: true });
  });

  it('asks the daemon how it is', async () => {
    const client = await startedDaemon();
    await create(client);
    await daemon.application();
    const status = await client.ask('daemon-status', {});
    expect(status).toMatchObject({
      pid: daemon.pid,
      runDirectory: daemon.directory.path,
      consumerRestarts: 0,
      applications: 1,
      sessions: 1,
    });
    expect(status.memoryBytes).toBeGreaterThan(2 ** 20);
    process.kill(status.consumerPid as number, 'SIGKILL');
    await expect.poll(async () => (await client.ask('daemon-status', {})).consumerRestarts).toBe(1);
  });

  it('lists a session with everything that it has', async () => {
    const client = await startedDaemon();
    await create(client, { output: null, snapshot: true, format: 'ctf-2' });
    await client.ask('enable-event', {
      session,
      channel: null,
      rule: { pattern: 'a:*', exclude: ['a:b'], filter: 'n > 1' },
    });
    expect(await client.ask('list-sessions', {})).toMatchObject([
      {
        name: session,
        uid: process.getuid?.(),
        output: null,
        snapshot: true,
        format: 'ctf-2',
        active: false,
        domains: [
          {
            domain: 'user',
            channels: [
              {
                ...DEFAULT_CHANNEL,
                mode: 'overwrite',
                enabled: true,
                contexts: [],
                rules: [{ pattern: 'a:*', exclude: ['a:b'], filter: 'n > 1', enabled: true }],
              },
            ],
            trackers: { vpid: null, vuid: null, vgid: null },
          },
        ],
      },
    ]);
  });
});
