import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEFAULT_CHANNEL,
  type DomainDescription,
  type SessionDescription,
  type TriggerDefinition,
  type TriggerDescription,
} from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CtlError } from './ctl-error.ts';
import type { SessionDaemonClient } from './session-daemon-client.ts';
import { loadSessions, saveSessions } from './session-files.ts';

const SESSION: SessionDescription = {
  name: 's',
  uid: 0,
  output: '/out',
  shmPath: null,
  clock: 'monotonic',
  snapshot: false,
  format: 'ctf-1.8',
  createdAt: '2026-11-20T00:00:00Z',
  active: true,
  domains: [
    {
      domain: 'user',
      channels: [
        {
          ...DEFAULT_CHANNEL,
          name: 'c',
          enabled: false,
          contexts: ['vuid'],
          rules: [
            { pattern: 'a:*', enabled: true },
            { pattern: 'a:*', enabled: false, filter: 'n > 1' },
          ],
        },
      ],
      trackers: { vpid: [7], vuid: [], vgid: null },
      maps: [],
    },
  ],
  snapshotOutputs: [],
  rotationSchedule: { timerUs: 5, sizeBytes: null },
  rotations: 3,
  retention: { ageSeconds: null, count: null, bytes: null },
  lastArchive: null,
  archivesRemoved: 0,
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-saved-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A client of a daemon that has some sessions, notes what it is asked, and refuses one command. */
function clientOf(
  sessions: readonly SessionDescription[],
  refused?: string,
  triggers: readonly TriggerDescription[] = [],
) {
  const asked: string[] = [];
  const client = {
    listSessions: async () => sessions,
    listTriggers: async () => triggers,
    addTrigger: async ({ name }: TriggerDefinition) => void asked.push(`add-trigger ${name}`),
    destroySession: async (name: string) => void asked.push(`destroy ${name}`),
    request: async (command: string, params: object) => {
      if (command === refused) throw new CtlError('REFUSED', 'no');
      asked.push(`${command} ${JSON.stringify(params)}`);
      return { output: '/there' };
    },
  };
  return { client: client as unknown as SessionDaemonClient, asked };
}

function triggerOf(name: string, every: number): TriggerDescription {
  return {
    name,
    uid: process.getuid?.() ?? 0,
    condition: { kind: 'event-rule-matches', rule: { pattern: 'p:*' }, captures: [] },
    actions: [{ kind: 'notify', ratePolicy: { every } }],
    occurrences: 1,
    messagesDiscarded: 0,
    actionStatistics: [{ executions: 1, failures: 0, suppressed: 0, lastFailure: null }],
  };
}

const saved = () => join(directory, 's.lttng');

describe('saved sessions', () => {
  it('are private files that come whole, and replace others only when told to', async () => {
    const { client } = clientOf([SESSION]);
    expect(await saveSessions(client, { sessions: null, directory })).toEqual([
      { session: 's', path: saved(), warnings: [] },
    ]);
    expect(statSync(saved()).mode & 0o777).toBe(0o600);
    writeFileSync(saved(), 'mine');
    await expect(saveSessions(client, { sessions: ['s'], directory })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(readFileSync(saved(), 'utf8')).toBe('mine');
    await saveSessions(client, { sessions: ['s'], directory, force: true });
    expect(readFileSync(saved(), 'utf8')).toContain('<name>s</name>');
    expect(readdirSync(directory)).toEqual(['s.lttng']);
  });

  it('go nowhere else by a symbolic link that waits under their name', async () => {
    const victim = join(directory, 'victim');
    symlinkSync(victim, saved());
    const { client } = clientOf([SESSION]);
    await expect(saveSessions(client, { sessions: null, directory })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await saveSessions(client, { sessions: null, directory, force: true });
    expect(existsSync(victim)).toBe(false);
    expect(readFileSync(saved(), 'utf8')).toContain('<name>s</name>');
  });

  it('are made again by commands, of which the start is the last', async () => {
    await saveSessions(clientOf([SESSION]).client, { sessions: null, directory });
    const { client, asked } = clientOf([]);
    expect(await loadSessions(client, { sessions: null, paths: [directory] })).toEqual([
      {
        session: 's',
        path: saved(),
        output: '/there',
        warnings: ['session s writes to /there: /out holds a trace'],
      },
    ]);
    expect(asked.map((text) => text.split(' ')[0])).toEqual([
      'create-session',
      'enable-channel',
      'add-context',
      'enable-event',
      'disable-event',
      'enable-event',
      'disable-channel',
      'track',
      'untrack',
      'set-rotation-schedule',
      'start-session',
    ]);
    expect(asked[0]).toContain('"output":"/out"');
    expect(asked[3]).toContain('n > 1');
  });

  it('come without triggers of other users, which would become those of whoever loads them', async () => {
    const [own, other] = [triggerOf('own', 1), { ...triggerOf('other', 1), uid: 4_000_000_000 }];
    const [file] = await saveSessions(clientOf([SESSION], undefined, [own, other]).client, {
      sessions: null,
      directory,
    });
    expect(file?.warnings).toEqual(['triggers of other users are left out: 1']);
    const { client, asked } = clientOf([]);
    await loadSessions(client, { sessions: null, paths: [directory] });
    expect(asked.filter((text) => text.startsWith('add-trigger'))).toEqual(['add-trigger own']);
  });

  it('come with triggers, unless they are there already', async () => {
    const [a, b] = [triggerOf('a', 1), triggerOf('b', 2)];
    await saveSessions(clientOf([SESSION], undefined, [a, b]).client, { sessions: null, directory });
    const load = async (there: readonly TriggerDescription[], triggers = true) => {
      const { client, asked } = clientOf([], undefined, there);
      try {
        await loadSessions(client, { sessions: null, paths: [directory], triggers });
      } catch (error) {
        return [(error as CtlError).code, ...asked];
      }
      return asked.filter((text) => text.startsWith('add-trigger'));
    };
    expect(await load([])).toEqual(['add-trigger a', 'add-trigger b']);
    expect(await load([a])).toEqual(['add-trigger b']);
    expect(await load([], false)).toEqual([]);
    expect(await load([triggerOf('b', 3)])).toEqual(['TRIGGER_EXISTS']);
    await saveSessions(clientOf([SESSION], undefined, [a]).client, {
      sessions: null,
      directory,
      force: true,
      triggers: false,
    });
    expect(await load([])).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('of root are not saved where another user can put links', async () => {
    chownSync(directory, 42_421, 42_421);
    await expect(saveSessions(clientOf([SESSION]).client, { sessions: null, directory })).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining(`cannot save to ${directory}: ${directory} belongs to user 42421`),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('get another name and another output where one is given', async () => {
    await saveSessions(clientOf([SESSION]).client, { sessions: null, directory });
    const { client, asked } = clientOf([]);
    await loadSessions(client, { sessions: ['s'], paths: [saved()], name: 't', outputOf: () => '/elsewhere' });
    expect(asked[0]).toContain('"name":"t","output":"/elsewhere"');
    expect(asked.every((text) => text.includes('"t"'))).toBe(true);
  });

  it('are not left behind in part when the daemon refuses something of them', async () => {
    await saveSessions(clientOf([SESSION]).client, { sessions: null, directory });
    const { client, asked } = clientOf([], 'add-context');
    await expect(loadSessions(client, { sessions: null, paths: [directory] })).rejects.toMatchObject({
      code: 'REFUSED',
    });
    expect(asked.at(-1)).toBe('destroy-session {"session":"s"}');
  });

  it('are loaded without a domain that the daemon does not have, with a warning', async () => {
    const [user] = SESSION.domains as [DomainDescription];
    const saved = { ...SESSION, domains: [user, { ...user, domain: 'kernel' as const }] };
    await saveSessions(clientOf([saved]).client, { sessions: null, directory });
    const { client, asked } = clientOf([]);
    const request = client.request.bind(client) as (command: string, params: object) => Promise<unknown>;
    Object.assign(client, {
      request: async (command: string, params: { domain?: string }) => {
        if (params.domain === 'kernel') throw new CtlError('UNSUPPORTED', 'there is no kernel');
        return await request(command, params);
      },
    });
    const [loaded] = await loadSessions(client, { sessions: null, paths: [directory] });
    expect(loaded?.warnings[0]).toBe('session s: the domain KERNEL is left out (there is no kernel)');
    expect(asked.filter((text) => text.startsWith('enable-event'))).toHaveLength(user.channels[0]!.rules.length);
    expect(asked.at(-1)).toBe('start-session {"session":"s"}');
  });

  it('are loaded beside others that cannot be, where the caller takes the errors', async () => {
    await saveSessions(clientOf([{ ...SESSION, name: 'a' }, SESSION]).client, { sessions: null, directory });
    writeFileSync(join(directory, 'bad.lttng'), 'garbage');
    const { client } = clientOf([]);
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    const loaded = await loadSessions(client, { sessions: null, paths: [directory], onFailure });
    expect(loaded.map(({ session }) => session)).toEqual(['a', 's']);
    expect(failures).toEqual([expect.objectContaining({ code: 'NOT_XML', path: [join(directory, 'bad.lttng')] })]);
    // A session that was named is loaded whatever the other files are like.
    expect(await loadSessions(client, { sessions: ['s'], paths: [directory] })).toHaveLength(1);
    await expect(loadSessions(client, { sessions: ['x'], paths: [directory] })).rejects.toMatchObject({
      code: 'NOT_XML',
    });
    failures.length = 0;
    const refusing = clientOf([], 'create-session').client;
    expect(await loadSessions(refusing, { sessions: null, paths: [directory], onFailure })).toEqual([]);
    expect(failures.map((error) => (error as CtlError).code)).toEqual(['NOT_XML', 'REFUSED', 'REFUSED']);
  });

  it('replace a session of their name only when told to', async () => {
    await saveSessions(clientOf([SESSION]).client, { sessions: null, directory });
    const { client, asked } = clientOf([SESSION]);
    await loadSessions(client, { sessions: null, paths: [directory], force: true });
    expect(asked[0]).toBe('destroy s');
  });

  it('that are not there, or are none, are told of with the place', async () => {
    const { client } = clientOf([]);
    const load = (...paths: string[]) => loadSessions(client, { sessions: ['x'], paths });
    await expect(load(directory)).rejects.toThrow(`there is no saved session x in ${directory}`);
    writeFileSync(saved(), '<sessions>');
    await expect(load(directory)).rejects.toMatchObject({ code: 'NOT_XML', path: [saved()] });
    await expect(load('/dev/zero')).rejects.toMatchObject({ code: 'FILE_NOT_READ' });
  });
});
