import { chownSync, lchownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_CHANNEL, type Request } from '@ringtail/protocol';
import { printSessionFile, type SavedSession } from '@ringtail/session-file';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HELPERS_IN_PROCESS } from '../testing/helpers.test.support.ts';
import { loadSavedSessions, type SavedSessionLoaderOptions } from './saved-sessions.ts';

const uid = process.getuid?.() ?? 0;

let home: string;
let auto: string;
let asked: Request[];
let refuse: (request: Request) => boolean;
let errors: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringtail-saved-'));
  auto = join(home, '.ringtail', 'sessions', 'auto');
  mkdirSync(auto, { recursive: true });
  asked = [];
  errors = [];
  refuse = () => false;
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

function saved(name: string, more: Partial<SavedSession> = {}): SavedSession {
  return {
    name,
    output: join(home, name),
    shmPath: null,
    clock: 'monotonic',
    snapshot: false,
    format: 'ctf-1.8',
    active: true,
    domains: [
      {
        domain: 'user',
        channels: [{ ...DEFAULT_CHANNEL, enabled: true, contexts: [], rules: [{ pattern: 'p:*', enabled: true }] }],
        trackers: { vpid: null, vuid: null, vgid: null },
        maps: [],
      },
    ],
    snapshotOutputs: [],
    rotationSchedule: { timerUs: null, sizeBytes: null },
    retention: { ageSeconds: null, count: null, bytes: null },
    ...more,
  };
}

async function load(more: Partial<SavedSessionLoaderOptions> = {}): Promise<string[]> {
  await loadSavedSessions({
    uid,
    home,
    named: undefined,
    helpers: HELPERS_IN_PROCESS,
    execute: async (request) => {
      asked.push(request);
      if (refuse(request)) throw new Error('refused by the test');
      return request.command === 'create-session' ? { name: request.params.name, output: request.params.output } : null;
    },
    log: { error: (text) => void errors.push(text), warn: () => {}, info: () => {}, debug: () => {} },
    ...more,
  });
  return asked.map(
    ({ command, params }) =>
      `${command} ${'name' in params ? params.name : 'trigger' in params ? params.trigger.name : (params as { session: string }).session}`,
  );
}

const whole = (name: string) => [
  `create-session ${name}`,
  `enable-channel ${name}`,
  `enable-event ${name}`,
  `start-session ${name}`,
];

describe('loadSavedSessions', () => {
  it('makes the sessions of the directory at home again, by name of their files', async () => {
    writeFileSync(join(auto, 'b.lttng'), printSessionFile([saved('two')]));
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one')]));
    writeFileSync(join(auto, 'notes.txt'), 'nothing of ours');
    expect(await load()).toEqual([...whole('one'), ...whole('two')]);
    expect(errors).toEqual([]);
  });

  it('adds the triggers that all of them have, once, and goes on where one cannot be', async () => {
    const triggers = ['a', 'b'].map((name) => ({
      name,
      condition: { kind: 'session-rotation', session: 'one', phase: 'starts' } as const,
      actions: [{ kind: 'notify', ratePolicy: { every: 1 } } as const],
    }));
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one')], triggers));
    writeFileSync(join(auto, 'b.lttng'), printSessionFile([saved('two')], triggers));
    refuse = ({ command, params }) => command === 'add-trigger' && params.trigger.name === 'a';
    expect(await load()).toEqual([...whole('one'), ...whole('two'), 'add-trigger a', 'add-trigger b']);
    expect(errors).toEqual(['the trigger a cannot be loaded: refused by the test']);
  });

  it('takes what is named in place of that', async () => {
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one')]));
    const file = join(home, 'elsewhere');
    writeFileSync(file, printSessionFile([saved('two')]));
    expect(await load({ named: file })).toEqual(whole('two'));
    asked = [];
    expect(await load({ named: join(home, 'absent') })).toEqual([]);
    expect(errors.join()).toContain('absent');
  });

  it('passes over links, files of others and nonsense, and says so', async () => {
    const file = join(home, 'elsewhere');
    writeFileSync(file, printSessionFile([saved('linked')]));
    symlinkSync(file, join(auto, 'a.lttng'));
    writeFileSync(join(auto, 'b.lttng'), 'nonsense');
    mkdirSync(join(auto, 'c.lttng'));
    writeFileSync(join(auto, 'd.lttng'), printSessionFile([saved('good')]));
    expect(await load()).toEqual(whole('good'));
    expect(errors).toHaveLength(3);
    asked = [];
    expect(await load({ uid: uid + 1 })).toEqual([]);
    expect(errors.join()).toContain(`belongs to user ${uid}`);
  });

  it.skipIf(uid !== 0)('of root are in no directory that another user can put in place', async () => {
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one')]));
    for (const path of ['.ringtail', '.ringtail/sessions', '.ringtail/sessions/auto']) {
      errors = [];
      chownSync(join(home, path), 42_421, 42_421);
      expect(await load()).toEqual([]);
      expect(errors.join()).toContain(`${join(home, path)} belongs to user 42421`);
      chownSync(join(home, path), 0, 0);
    }
    expect(await load()).toEqual(whole('one'));
    renameSync(auto, `${auto}-elsewhere`);
    symlinkSync(`${auto}-elsewhere`, auto);
    lchownSync(auto, 42_421, 42_421);
    asked = [];
    expect(await load()).toEqual([]);
    expect(errors.join()).toContain(`${auto} is a symbolic link of user 42421`);
  });

  it('destroys what could not be made whole, and goes on with the others', async () => {
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one'), saved('two')]));
    refuse = ({ command, params }) => command === 'enable-event' && params.session === 'one';
    expect(await load()).toEqual([...whole('one').slice(0, 3), 'destroy-session one', ...whole('two')]);
    expect(errors.join()).toContain('session one of');
  });

  it('leaves a session alone that has the name already', async () => {
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one')]));
    refuse = ({ command }) => command === 'create-session';
    expect(await load()).toEqual(['create-session one']);
  });

  it('asks for a new directory beside an output that holds a trace', async () => {
    writeFileSync(join(auto, 'a.lttng'), printSessionFile([saved('one')]));
    await load();
    expect(asked[0]?.params).toMatchObject({ output: join(home, 'one'), restored: true });
  });
});
