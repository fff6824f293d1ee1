import { join } from 'node:path';
import { DEFAULT_CHANNEL, DEFAULT_SESSION } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeApplication } from '../testing/fake-application.test.support.ts';
import { type TestClient, TestDaemon } from '../testing/test-daemon.test.support.ts';

let daemon: TestDaemon;
let application: FakeApplication;
let client: TestClient;
beforeEach(async () => {
  daemon = new TestDaemon();
  await daemon.start();
  client = await daemon.client();
  application = await daemon.application();
});
afterEach(() => daemon.dispose());

const SESSION = { session: 's' };
const output = () => join(daemon.parent, 's');
const create = (by: TestClient, name = 's') => by.ask('create-session', { name, output: output(), ...DEFAULT_SESSION });
const recorded = () => application.state()?.channels.length;
const isActive = async () => (await client.ask('list-sessions', {})).map(({ active }) => active);
const codeOf = async (command: string, by = client) => {
  const reply = await by.reply(command, SESSION);
  return reply.ok ? undefined : reply.code;
};
/** How often the daemon has got to a command. */
const timesAsked = (command: string) => daemon.log().split(`command ${command}`).length - 1;
const troubles = async () => (await client.ask('session-statistics', SESSION)).troubles;

async function started(): Promise<void> {
  await create(client);
  await client.ask('enable-channel', { ...SESSION, channel: DEFAULT_CHANNEL });
  await client.ask('start-session', SESSION);
  expect(recorded()).toBe(1);
}

/** A command of another client, and whether it has been answered. */
async function askedMeanwhile(ask: (by: TestClient) => Promise<unknown>) {
  const asked = { answer: ask(await daemon.client()), isAnswered: false };
  const note = () => {
    asked.isAnswered = true;
  };
  asked.answer.then(note, note);
  return asked;
}

describe('a stop that is not waited for', () => {
  it('is answered when nothing is recorded any more, and a later start waits for the rest', async () => {
    await started();
    daemon.tell('hold', 'flush');
    expect(await client.ask('begin-stop', SESSION)).toBeNull();
    expect([recorded(), await isActive()]).toEqual([0, [false]]);
    const start = await askedMeanwhile((by) => by.ask('start-session', SESSION));
    await expect.poll(() => daemon.commands('flush')).toHaveLength(1);
    expect([await isActive(), start.isAnswered]).toEqual([[false], false]);
    daemon.untell('hold');
    await start.answer;
    expect([recorded(), await isActive()]).toEqual([1, [true]]);
  });

  it('refuses what a stop refuses', async () => {
    await create(client);
    expect(await codeOf('begin-stop')).toBe('ALREADY_STOPPED');
  });

  it('leaves what fails afterwards among the troubles of the session', async () => {
    await started();
    daemon.tell('refuse', 'flush');
    expect(await client.ask('begin-stop', SESSION)).toBeNull();
    expect(await troubles()).toEqual(['not all could be written at its stop: refused by the test']);
    expect(daemon.log()).toContain('session s: not all could be written at its stop: refused by the test');
  });
});

describe('a destruction that is not waited for', () => {
  it('is answered when the session is in no list, and one of the same name and place comes when it is gone', async () => {
    await started();
    daemon.tell('hold', 'close-session');
    expect(await client.ask('begin-destruction', SESSION)).toBeNull();
    expect([recorded(), await isActive()]).toEqual([0, []]);
    const again = await askedMeanwhile((by) => create(by));
    const elsewhere = await askedMeanwhile((by) => create(by, 't'));
    await expect.poll(() => daemon.commands('close-session')).toHaveLength(1);
    expect([await isActive(), again.isAnswered, elsewhere.isAnswered]).toEqual([[], false, false]);
    daemon.untell('hold');
    const created = (await Promise.all([again.answer, elsewhere.answer])) as { output: string }[];
    // The directory that has become free is one's only; the other has one in it.
    const outputs = created.map(({ output: path }) => path).sort();
    expect(outputs).toEqual([output(), expect.stringContaining(`${output()}/`)]);
    expect(await isActive()).toEqual([false, false]);
  });

  it('has the session back, stopped and with a trouble, if it fails', async () => {
    await started();
    daemon.tell('refuse', 'close-session');
    expect(await client.ask('begin-destruction', SESSION)).toBeNull();
    await expect.poll(isActive).toEqual([false]);
    expect(await troubles()).toEqual(['it could not be destroyed: refused by the test']);
    daemon.untell('refuse');
    await client.ask('destroy-session', SESSION);
    expect(await isActive()).toEqual([]);
  });

  it('is not in the way of the end of the daemon', async () => {
    await started();
    daemon.tell('hold', 'close-session');
    await client.ask('begin-destruction', SESSION);
    const shutdown = client.ask('shutdown', {});
    daemon.untell('hold');
    await shutdown;
    expect((await daemon.ended()).code).toBe(0);
    expect(daemon.log()).not.toContain('at the end:');
  });
});

describe('a session that is being destroyed', () => {
  it('is none that could be rotated, though its last trace chunk is being archived', async () => {
    await started();
    await client.ask('rotate-session', SESSION);
    daemon.tell('hold', 'rotate');
    await client.ask('begin-destruction', SESSION);
    await expect.poll(() => daemon.commands('rotate')).toHaveLength(2);
    const code = codeOf('rotate-session', await daemon.client());
    await expect.poll(() => timesAsked('rotate-session')).toBe(2);
    daemon.untell('hold');
    expect(await code).toBe('NO_SUCH_SESSION');
  });

  it('is followed by no other in a daemon that is told to end meanwhile', async () => {
    await started();
    daemon.tell('hold', 'close-session');
    await client.ask('begin-destruction', SESSION);
    const parameters = { name: 's', output: output(), ...DEFAULT_SESSION };
    const creation = (await daemon.client()).reply('create-session', parameters);
    await expect.poll(() => timesAsked('create-session')).toBe(2);
    const shutdown = client.reply('shutdown', {});
    await expect.poll(() => timesAsked('shutdown')).toBe(1);
    daemon.untell('hold');
    expect(await creation).toMatchObject({ ok: false, code: 'SHUTTING_DOWN' });
    expect((await shutdown).ok).toBe(true);
  });
});

describe('a rotation that is not waited for', () => {
  it('is answered with its archive when it has begun; another one is refused until it is done', async () => {
    await started();
    daemon.tell('hold', 'rotate');
    const { archive } = await client.ask('begin-rotation', SESSION);
    expect(archive).toContain(join(output(), 'archives'));
    expect(await codeOf('rotate-session')).toBe('ROTATION_PENDING');
    expect(await codeOf('begin-rotation')).toBe('ROTATION_PENDING');
    expect((await client.ask('list-sessions', {}))[0]).toMatchObject({ active: true, rotations: 0, lastArchive: null });
    daemon.untell('hold');
    const done = async () => (await client.ask('list-sessions', {}))[0]?.lastArchive;
    await expect.poll(done).toBe(archive);
    await client.ask('rotate-session', SESSION);
  });

  it('refuses what a rotation refuses', async () => {
    await create(client);
    expect(await codeOf('begin-rotation')).toBe('NEVER_STARTED');
  });

  it('leaves what fails afterwards among the troubles of the session, which can be rotated again', async () => {
    await started();
    daemon.tell('refuse', 'rotate');
    const { archive } = await client.ask('begin-rotation', SESSION);
    expect(await troubles()).toEqual([`the rotation to ${archive} failed: refused by the test`]);
    daemon.untell('refuse');
    expect(await client.ask('rotate-session', SESSION)).toMatchObject({ statistics: { eventsRecorded: 42 } });
  });
});
