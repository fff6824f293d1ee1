import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  CONTROL_COUNTERS_OFFSET,
  DEFAULT_CHANNEL,
  DEFAULT_SESSION,
  type DesiredTrigger,
  type MapChannelAttributes,
  type MapKey,
  type Notification,
  type TriggerAction,
  type TriggerCondition,
} from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { FakeApplication } from '../testing/fake-application.test.support.ts';
import { MAP } from '../testing/maps.test.support.ts';
import { type TestClient, TestDaemon } from '../testing/test-daemon.test.support.ts';

const every1 = { every: 1 };
const matches: TriggerCondition = { kind: 'event-rule-matches', rule: { pattern: 'p:*' }, captures: ['a'] };
const notify: TriggerAction = { kind: 'notify', ratePolicy: every1 };

let daemon: TestDaemon;
let client: TestClient;
beforeEach(async () => {
  daemon = new TestDaemon();
  await daemon.start();
  client = await daemon.client();
});
afterEach(() => daemon.dispose());

async function addTrigger(condition: TriggerCondition, ...actions: readonly TriggerAction[]): Promise<string> {
  const trigger = { name: null, condition, actions };
  return (await client.ask('add-trigger', { trigger, ownerUid: null })).name;
}

async function createSession(name = 's', snapshot = false): Promise<void> {
  await client.ask('create-session', { name, output: join(daemon.parent, name), ...DEFAULT_SESSION, snapshot });
  await client.ask('enable-channel', { session: name, channel: DEFAULT_CHANNEL });
}

function matched(app: FakeApplication, count = 1, captures: readonly unknown[] = [1]): void {
  const trigger = app.state()?.triggers[0]?.key;
  app.send({ type: 'trigger-matched', trigger, matches: count, discarded: 0, captures });
}

const fired = (notifications: readonly Notification[]) =>
  notifications.flatMap((one) => (one.kind === 'trigger-fired' ? [one.report] : []));
const isActive = async (name = 's') =>
  (await client.ask('list-sessions', {})).find((session) => session.name === name)?.active;

describe('a webhook', () => {
  it('sends the token of a private file, which the definition, the log and errors do not contain', async () => {
    const tokens: unknown[] = [];
    const server = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      request.resume();
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const tokenFile = join(daemon.parent, 'token');
    writeFileSync(tokenFile, 'first-s3cret\n', { mode: 0o600 });
    const app = await daemon.application();
    const { port } = server.address() as AddressInfo;
    await addTrigger(matches, {
      kind: 'webhook',
      ratePolicy: every1,
      url: `http://127.0.0.1:${port}/`,
      timeoutMs: 600_000,
      attempts: 1,
      tokenFile,
    });
    matched(app);
    await expect.poll(() => tokens).toEqual(['Bearer first-s3cret']);
    writeFileSync(tokenFile, 'other-s3cret\n');
    matched(app);
    await expect.poll(() => tokens).toEqual(['Bearer first-s3cret', 'Bearer other-s3cret']);
    chmodSync(tokenFile, 0o640);
    matched(app);
    const triggers = async () => JSON.stringify(await client.ask('list-triggers', {}));
    await expect.poll(triggers).toContain(`the token file ${tokenFile} can be used by others: chmod 600`);
    expect((await triggers()) + daemon.log()).not.toContain('s3cret');
    expect(daemon.log()).toContain('chmod 600');
    expect(tokens).toHaveLength(2);
  });
});

describe('a trigger on events', () => {
  it('is published to registered and later applications, until it is removed', async () => {
    const before = await daemon.application();
    const name = await addTrigger(matches, notify);
    const after = await daemon.application();
    for (const app of [before, after]) {
      expect(app.state()?.triggers).toEqual([
        {
          key: expect.any(Number),
          rule: { pattern: 'p:*' },
          counter: 0,
          keys: [],
          reports: { captures: ['a'], missed: 2 },
        },
      ]);
    }
    await client.ask('remove-trigger', { name, ownerUid: null });
    for (const app of [before, after]) expect(app.state()?.triggers).toEqual([]);
    expect((await client.reply('remove-trigger', { name, ownerUid: null })).ok).toBe(false);
  });

  it('notifies subscribers with the captures', async () => {
    const app = await daemon.application();
    await client.ask('subscribe', {});
    await addTrigger(matches, notify);
    matched(app, 3, ['x']);
    await expect.poll(() => fired(client.notifications)).toHaveLength(1);
    const uid = process.getuid?.();
    expect(fired(client.notifications)[0]).toMatchObject({
      trigger: 'trigger0',
      uid,
      occurrences: 3,
      captures: { a: 'x' },
    });
    expect(await client.ask('list-triggers', {})).toMatchObject([
      {
        name: 'trigger0',
        uid,
        occurrences: 3,
        actionStatistics: [{ executions: 1, failures: 0, suppressed: 0, lastFailure: null }],
      },
    ]);
  });

  it('starts and stops sessions, records snapshots, and runs programs with their results, in order', async () => {
    const app = await daemon.application();
    await createSession('s', true);
    const file = join(daemon.parent, 'report');
    await addTrigger(
      matches,
      { kind: 'start-session', ratePolicy: every1, session: 's' },
      { kind: 'snapshot-session', ratePolicy: every1, session: 's', output: null, name: 'n', maxBytes: null },
      { kind: 'stop-session', ratePolicy: every1, session: 's' },
      {
        kind: 'exec',
        ratePolicy: every1,
        command: ['/bin/sh', '-c', 'cat > "$1.new" && mv "$1.new" "$1"', 'sh', file],
        timeoutMs: 60_000,
      },
    );
    matched(app);
    await expect.poll(() => existsSync(file)).toBe(true);
    const [snapshot] = daemon.commands('snapshot');
    expect(snapshot?.destination.path).toMatch(/\/s\/n-\d{8}-\d{6}-0$/);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      trigger: 'trigger0',
      captures: { a: 1 },
      details: { snapshot: snapshot?.destination.path },
    });
    expect(await isActive()).toBe(false);
    const [trigger] = await client.ask('list-triggers', {});
    expect(trigger?.actionStatistics.map(({ failures }) => failures)).toEqual([0, 0, 0, 0]);
  });

  it('counts failures where its session is gone', async () => {
    const app = await daemon.application();
    await addTrigger(
      matches,
      { kind: 'start-session', ratePolicy: every1, session: 'gone' },
      { kind: 'increment', ratePolicy: every1, session: 'gone', map: 'm', key: '{event_name}' },
    );
    matched(app, 5);
    const statistics = async () => (await client.ask('list-triggers', {}))[0]?.actionStatistics;
    await expect.poll(statistics).toEqual([
      { executions: 1, failures: 1, suppressed: 0, lastFailure: 'there is no session gone' },
      { executions: 5, failures: 5, suppressed: 0, lastFailure: 'there is no session gone' },
    ]);
  });

  it('survives an application that reports a million matches, no match, and unknown triggers', async () => {
    const app = await daemon.application();
    await client.ask('subscribe', {});
    await addTrigger(matches, notify, {
      kind: 'increment',
      ratePolicy: { every: 2 },
      session: 's',
      map: 'm',
      key: 'k',
    });
    await createSession();
    await client.ask('add-map', {
      session: 's',
      map: { ...MAP, keyCountMax: 1 },
    });
    await client.ask('start-session', { session: 's' });
    for (let count = 0; count < 200; count++) matched(app, 1_000_000);
    app.send({ type: 'trigger-matched', trigger: 4711, matches: 1, discarded: 0, captures: [] });
    matched(app, 0);
    await expect.poll(async () => (await client.ask('list-triggers', {}))[0]?.occurrences).toBe(200_000_000);
    expect(fired(client.notifications).length).toBeLessThanOrEqual(200);
    expect(await client.ask('show-maps', { session: 's', map: null })).toEqual([
      { map: 'm', owner: { kind: 'shared' }, key: 'k', value: 100_000_000, overflow: false },
    ]);
  });
});

describe('a trigger on rotations and sizes', () => {
  it('is set off when a rotation begins and when it ends', async () => {
    await daemon.application();
    await client.ask('subscribe', {});
    await createSession();
    for (const phase of ['starts', 'finishes'] as const) {
      await addTrigger({ kind: 'session-rotation', session: 's', phase }, notify);
    }
    await client.ask('start-session', { session: 's' });
    const { archive } = await client.ask('rotate-session', { session: 's' });
    await expect.poll(() => fired(client.notifications)).toHaveLength(2);
    expect(fired(client.notifications).map(({ trigger, details }) => [trigger, details])).toEqual([
      ['trigger0', { session: 's', archive }],
      ['trigger1', { session: 's', archive }],
    ]);
  });

  it('cannot rotate the session whose rotation has just begun', async () => {
    await daemon.application();
    await createSession();
    await addTrigger(
      { kind: 'session-rotation', session: 's', phase: 'starts' },
      { kind: 'rotate-session', ratePolicy: every1, session: 's' },
    );
    await client.ask('start-session', { session: 's' });
    await client.ask('rotate-session', { session: 's' });
    // Whatever was asked of the session before is done by now.
    await client.ask('session-statistics', { session: 's' });
    expect(daemon.commands('rotate')).toHaveLength(1);
    const lastFailure = expect.stringContaining('under way already');
    expect((await client.ask('list-triggers', {}))[0]?.actionStatistics).toEqual([
      { executions: 1, failures: 1, suppressed: 0, lastFailure },
    ]);
  });

  it('rotates a session once when it has recorded the given size', async () => {
    await daemon.application();
    await createSession();
    await client.ask('enable-event', { session: 's', channel: 'channel0', rule: { pattern: '*' } });
    await addTrigger(
      { kind: 'session-consumed-size', session: 's', bytes: 4096 },
      { kind: 'rotate-session', ratePolicy: every1, session: 's' },
    );
    await addTrigger({ kind: 'session-consumed-size', session: 's', bytes: 4097 }, notify);
    await client.ask('start-session', { session: 's' });
    await expect.poll(() => daemon.commands('rotate').length).toBe(1);
    expect((await client.ask('list-triggers', {})).map(({ occurrences }) => occurrences)).toEqual([1, 0]);
  });
});

describe('a map', () => {
  const map: MapChannelAttributes = { ...MAP, valueType: 'signed-int-32', keyCountMax: 2 };
  const increment: TriggerAction = {
    kind: 'increment',
    ratePolicy: every1,
    session: 's',
    map: 'm',
    key: '{event_name}',
  };
  const rows = () => client.ask('show-maps', { session: 's', map: 'm' });

  function count(app: FakeApplication, index: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value, 0);
    writeSync(app.control, bytes, 0, 8, CONTROL_COUNTERS_OFFSET + index * 8);
  }

  it('has the counts of processes, and keeps the counts of ended processes', async () => {
    const app = await daemon.application();
    await createSession();
    expect(await client.ask('add-map', { session: 's', map })).toEqual({ name: 'm' });
    expect((await client.ask('list-sessions', {}))[0]?.domains[0]?.maps).toEqual([map]);
    expect((await client.reply('add-map', { session: 's', map })).ok).toBe(false);
    await addTrigger(matches, increment);
    expect(app.state()?.triggers).toEqual([]);
    await client.ask('start-session', { session: 's' });
    const desired = app.state()?.triggers[0] as DesiredTrigger;
    const [key] = desired.keys as [MapKey];
    expect(key.template).toBe('{event_name}');
    const counters = ['p:a', 'p:b', 'p:c'].map((name, idx) => ({
      index: 16_382 - 2 * idx,
      group: key.group,
      key: name,
      start: 0,
    }));
    app.send({ type: 'counters', counters });
    count(app, desired.counter, 2 ** 31 + 12);
    count(app, 16_382, 2 ** 31);
    count(app, 16_380, 7);
    count(app, 16_378, 5);
    const names = { procname: 'fake', program: 'fake.js' };
    const owner = { kind: 'process', uid: process.getuid?.() ?? 0, pid: process.pid, ...names };
    await expect.poll(rows).toEqual([
      { map: 'm', owner, key: 'p:a', value: -(2 ** 31), overflow: true },
      { map: 'm', owner, key: 'p:b', value: 7, overflow: false },
    ]);
    expect((await client.ask('list-triggers', {}))[0]).toMatchObject({
      occurrences: 2 ** 31 + 12,
      actionStatistics: [
        {
          executions: 2 ** 31 + 12,
          failures: 5,
          suppressed: 0,
          lastFailure: 'the map, or the share of a user, is full',
        },
      ],
    });
    await client.ask('clear-session', { session: 's' });
    count(app, 16_380, 9);
    expect((await rows()).map(({ value }) => value)).toEqual([0, 2]);
    app.close();
    await expect
      .poll(async () => (await rows()).map(({ owner: { kind }, value }) => [kind, value]))
      .toEqual([
        ['shared', 0],
        ['shared', 2],
      ]);
    await client.ask('stop-session', { session: 's' });
    expect((await daemon.application()).state()?.triggers).toEqual([]);
    await client.ask('destroy-session', { session: 's' });
    expect((await client.reply('show-maps', { session: 's', map: null })).ok).toBe(false);
  });

  it('does not count from the beginning of a stop on, even if the stop fails', async () => {
    const app = await daemon.application();
    await createSession();
    await client.ask('add-map', { session: 's', map });
    await addTrigger(matches, increment);
    await client.ask('start-session', { session: 's' });
    expect(app.state()?.triggers).toHaveLength(1);
    daemon.tell('hold', 'flush');
    const stop = (await daemon.client()).reply('stop-session', { session: 's' });
    await expect.poll(() => daemon.commands('flush')).toHaveLength(1);
    expect(app.state()).toEqual({ channels: [], triggers: [] });
    daemon.tell('refuse', 'flush');
    daemon.untell('hold');
    expect((await stop).ok).toBe(false);
    expect([await isActive(), app.state()?.triggers]).toEqual([false, []]);
  });

  it('does not count after its session failed to start', async () => {
    const app = await daemon.application();
    await createSession();
    await createSession('another');
    await client.ask('add-map', { session: 's', map });
    await addTrigger(matches, increment);
    daemon.tell('hold', 'open-trace');
    const start = (await daemon.client()).reply('start-session', { session: 's' });
    await expect.poll(() => daemon.commands('open-trace')).toHaveLength(1);
    await client.ask('track', { session: 'another', attribute: 'vpid', values: null });
    expect(app.state()?.triggers).toHaveLength(1);
    daemon.tell('refuse', 'open-trace');
    daemon.untell('hold');
    expect((await start).ok).toBe(false);
    await client.ask('list-sessions', {});
    expect([await isActive(), app.state()?.triggers]).toEqual([false, []]);
  });

  it('without a name gets the first free name', async () => {
    await createSession();
    const add = (name: string | null) => client.ask('add-map', { session: 's', map: { ...map, name } });
    expect(await add(null)).toEqual({ name: 'channel0' });
    expect(await add('channel1')).toEqual({ name: 'channel1' });
    expect(await add(null)).toEqual({ name: 'channel2' });
  });
});
