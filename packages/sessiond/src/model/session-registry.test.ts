import {
  DEFAULT_CHANNEL,
  DEFAULT_SESSION,
  type DesiredChannel,
  type DomainDescription,
  directoryAt,
  type EventRule,
} from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { describeUserPart } from '../domains/user/part/describe-user-part.ts';
import { desiredChannelsOf } from '../domains/user/publishing/desired-state.ts';
import { SNAPSHOT_OUTPUTS_MAX } from '../shares/limits.ts';
import { MAP } from '../testing/maps.test.support.ts';
import { testShares } from '../testing/shares.test.support.ts';
import { processOf, threadOf } from '../testing/threads.test.support.ts';
import type { RecordedThread } from './application-process.ts';
import type { Session, SessionParameters } from './session.ts';
import { SessionRegistry } from './session-registry.ts';

const WAKE = '/run/x/consumer.wake';
const rule: EventRule = { pattern: 'shop:*' };

function newRegistry(): SessionRegistry {
  let uuid = 0;
  return new SessionRegistry(() => `uuid-${++uuid}`, testShares());
}

function create(registry: SessionRegistry, name: string, more: Partial<SessionParameters> = {}): Session {
  const owner = { uid: 0, gid: 0 };
  const parameters = {
    ...DEFAULT_SESSION,
    name,
    output: directoryAt(`/out/${name}`),
    format: 'ctf-1.8',
    owner,
    ...more,
  } as const;
  return registry.create(parameters, new Date(0), { frequencyHz: 1_000_000_000n, offsetNs: 5n });
}

function onlyOne(registry: SessionRegistry): DomainDescription {
  return describeUserPart(registry.visibleTo({ uid: 0, gid: 0 })[0]!);
}

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('SessionRegistry', () => {
  it('has one session of a name, of a directory of ring files, and within a trace', () => {
    const registry = newRegistry();
    create(registry, 'a', { shmPath: '/shm' });
    expect(() => create(registry, 'a')).toThrow(refusal('SESSION_EXISTS'));
    expect(() => create(registry, 'b', { shmPath: '/shm' })).toThrow(refusal('OUTPUT_IN_USE'));
    for (const path of ['/out/a/ust', '/out/a/ust/uid', '/out/a/kernel']) {
      expect(() => create(registry, 'b', { output: directoryAt(path) })).toThrow(refusal('OUTPUT_IN_USE'));
    }
    create(registry, 'c', { output: directoryAt('/out/a/kernels') });
    expect(() => registry.sessionOf('b', { uid: 0, gid: 0 })).toThrow(refusal('NO_SUCH_SESSION'));
  });

  it('knows which directories sessions write their traces to', () => {
    const registry = newRegistry();
    create(registry, 'a');
    create(registry, 'b', { snapshot: true });
    expect(['/out/a', '/out/b', '/out/c'].map((path) => registry.reservations.writesTo(directoryAt(path)))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('forgets a session that is removed, with its keys', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enable(session, DEFAULT_CHANNEL);
    const [channel] = registry.traces.ensure(session, threadOf(1000)).channels.values();
    registry.remove(session);
    expect(registry.traces.channelOf(channel!.key, threadOf(1000))).toBeUndefined();
    expect(registry.visibleTo({ uid: 0, gid: 0 })).toEqual([]);
    create(registry, 'a');
  });

  it('rounds the sizes of a channel and lists what came of them', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enable(session, { ...DEFAULT_CHANNEL, name: 'c', subBufBytes: 5000, subBufCount: 3 });
    expect(onlyOne(registry).channels).toMatchObject([{ name: 'c', subBufBytes: 8192, subBufCount: 4, rules: [] }]);
    expect(() => registry.channels.enable(session, { ...DEFAULT_CHANNEL, name: 'c' })).toThrow(
      refusal('CHANNEL_EXISTS'),
    );
  });

  it('makes a channel for a rule that names none where there is none, and where it names one that there is not', () => {
    const registry = newRegistry();
    const plain = create(registry, 'a');
    expect(registry.channels.enableEvent(plain, null, rule).attributes).toEqual(DEFAULT_CHANNEL);
    registry.channels.enableEvent(plain, null, { pattern: 'other:*' });
    expect(plain.channels.size).toBe(1);
    const named = create(registry, 'b');
    registry.channels.enable(named, { ...DEFAULT_CHANNEL, name: 'mine' });
    expect(() => registry.channels.enableEvent(named, null, rule)).toThrow(refusal('CHANNEL_NAME_NEEDED'));
    expect(registry.channels.enableEvent(named, 'yours', rule).attributes).toEqual({
      ...DEFAULT_CHANNEL,
      name: 'yours',
    });
  });

  it('takes a rule once per channel', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enableEvent(session, null, rule);
    expect(() => registry.channels.enableEvent(session, null, { ...rule })).toThrow(refusal('RULE_EXISTS'));
    registry.channels.enableEvent(session, null, { ...rule, logLevel: { from: 0, to: 6 } });
  });

  it('takes rules for equal that say the same, and enables again what was disabled', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enableEvent(session, null, { pattern: 'a:*', exclude: ['a:x', 'a:y'], filter: '(n==1)' });
    const again = { pattern: 'a:*', exclude: ['a:y', 'a:x'], filter: 'n == 0x1' };
    expect(() => registry.channels.enableEvent(session, null, again)).toThrow(refusal('RULE_EXISTS'));
    registry.channels.enableEvent(session, null, { pattern: 'a:*', filter: 'n == 2' });
    registry.channels.enableEvent(session, null, { pattern: 'a:b' });
    expect(registry.channels.disableEvent(session, null, 'a:*')).toEqual({ channel: 'channel0', disabled: 2 });
    const [channel] = session.channels.values();
    expect(channel!.rules.enabled()).toEqual([{ pattern: 'a:b' }]);
    expect(channel!.rules.describe().map(({ enabled }) => enabled)).toEqual([false, false, true]);
    registry.channels.enableEvent(session, null, again);
    expect(channel!.rules.enabled().map(({ filter }) => filter)).toEqual(['(n==1)', undefined]);
    expect(registry.channels.disableEvent(session, null, null).disabled).toBe(3);
    expect(channel!.rules.enabled()).toEqual([]);
    expect(() => registry.channels.disableEvent(session, null, 'a:')).toThrow(refusal('NO_RULE'));
    expect(() => registry.channels.disableEvent(session, 'c', null)).toThrow(refusal('NO_CHANNEL'));
  });

  it('refuses a filter with the column of what is wrong, and exclusions from one name', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    const wrong = () => registry.channels.enableEvent(session, null, { pattern: 'a:*', filter: 'n == ' });
    expect(wrong).toThrow(refusal('BAD_FILTER'));
    expect(wrong).toThrow(/column 6/);
    const plain = { pattern: 'a:b', exclude: ['a:b'] };
    expect(() => registry.channels.enableEvent(session, null, plain)).toThrow(refusal('BAD_PARAMETER'));
    expect(() => registry.channels.enableEvent(session, null, { ...plain, pattern: 'a:\\*' })).toThrow(
      refusal('BAD_PARAMETER'),
    );
    expect(session.channels.size).toBe(0);
  });

  it.each([
    ['a number of files without their size', { traceFileCount: 2 }, 'BAD_PARAMETER'],
    ['files smaller than a sub-buffer', { traceFileBytes: 8191, subBufBytes: 5000 }, 'BAD_PARAMETER'],
    ['overwriting that waits', { mode: 'overwrite', blockingTimeoutUs: null }, 'BAD_PARAMETER'],
    ['a timer that hardly ever runs', { readTimerUs: 2 ** 32 }, 'BAD_PARAMETER'],
    ['buffers of another owner', { ownership: 'process' }, 'OWNERSHIP_MISMATCH'],
  ] as const)('refuses a channel with %s', (_, more, code) => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enable(session, DEFAULT_CHANNEL);
    const attributes = { ...DEFAULT_CHANNEL, name: 'c', ...more };
    expect(() => registry.channels.enable(session, attributes)).toThrow(refusal(code));
    expect(session.channels.size).toBe(1);
  });

  it('overwrites in every channel of a flight recorder', () => {
    const registry = newRegistry();
    const session = create(registry, 'a', { snapshot: true });
    expect(registry.channels.enableEvent(session, null, rule).attributes.mode).toBe('overwrite');
    expect(registry.channels.enable(session, { ...DEFAULT_CHANNEL, name: 'c' }).attributes.mode).toBe('overwrite');
    const nowhere = create(registry, 'b', { output: null });
    expect(nowhere.snapshot).toBe(true);
    expect(registry.channels.enableEvent(nowhere, null, rule).attributes.mode).toBe('overwrite');
  });

  it('keeps what a disabled channel has, and tells nobody to record into it', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enableEvent(session, null, rule);
    registry.start(session);
    registry.traces.ensure(session, threadOf(7));
    const before = desired(registry, 7);
    registry.channels.disable(session, 'channel0');
    expect(desired(registry, 7)).toEqual([]);
    expect(onlyOne(registry).channels).toMatchObject([{ name: 'channel0', enabled: false, rules: [rule] }]);
    registry.channels.enable(session, { ...DEFAULT_CHANNEL, subBufCount: 64 });
    expect(desired(registry, 7)).toEqual(before);
    expect(() => registry.channels.disable(session, 'c')).toThrow(refusal('NO_CHANNEL'));
  });

  it('adds context fields before the first start only, each once', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    expect(registry.channels.addContexts(session, null, ['cpu_id']).map(({ attributes }) => attributes.name)).toEqual([
      'channel0',
    ]);
    registry.channels.enable(session, { ...DEFAULT_CHANNEL, name: 'c' });
    expect(() => registry.channels.addContexts(session, 'channel0', ['cpu_id'])).toThrow(refusal('CONTEXT_EXISTS'));
    registry.channels.addContexts(session, null, ['cpu_id', 'vuid', 'vuid']);
    expect(onlyOne(registry).channels.map(({ contexts }) => contexts)).toEqual([
      ['cpu_id', 'vuid'],
      ['cpu_id', 'vuid'],
    ]);
    expect(() => registry.channels.addContexts(session, null, ['vgid', 'vuid'])).toThrow(refusal('CONTEXT_EXISTS'));
    expect(() => registry.channels.addContexts(session, 'd', ['vgid'])).toThrow(refusal('NO_CHANNEL'));
    registry.start(session);
    registry.stop(session);
    expect(() => registry.channels.addContexts(session, null, ['vgid'])).toThrow(refusal('ALREADY_STARTED'));
  });

  it('lets only those be recorded that every tracker has', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enableEvent(session, null, rule);
    registry.start(session);
    const [one, two] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    for (const thread of [one, two]) registry.traces.ensure(session, thread);
    const recorded = () => [one, two].map((thread) => registry.traces.activeOf(thread).length);
    expect(recorded()).toEqual([1, 1]);
    registry.track(session, 'vpid', [2]);
    expect(recorded()).toEqual([0, 1]);
    expect(onlyOne(registry).trackers).toEqual({ vpid: [2], vuid: null, vgid: null });
    registry.track(session, 'vuid', [8]);
    expect(recorded()).toEqual([0, 0]);
    registry.track(session, 'vuid', null);
    registry.untrack(session, 'vpid', null);
    expect(recorded()).toEqual([0, 0]);
    registry.track(session, 'vpid', [1]);
    expect(recorded()).toEqual([1, 0]);
  });

  it('has a trace for each process where buffers are of processes, as long as it lives', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enable(session, { ...DEFAULT_CHANNEL, ownership: 'process' });
    registry.start(session);
    const process = processOf(5);
    const [one, two] = [threadOf(7, process), threadOf(7, processOf(5))];
    const trace = registry.traces.ensure(session, one);
    expect(registry.traces.ensure(session, one)).toBe(trace);
    const other = registry.traces.ensure(session, two);
    expect(other.place).not.toBe(trace.place);
    const [{ key }] = trace.channels.values() as unknown as [{ key: number }];
    expect(registry.traces.channelOf(key, one)?.trace).toBe(trace);
    expect(registry.traces.channelOf(key, two)).toBeUndefined();
    registry.processEnded(process);
    expect([...session.traces.values()]).toEqual([other]);
    expect(registry.traces.channelOf(key, one)).toBeUndefined();
    expect(session.traced).toBe(true);
  });

  it('shows a user their own sessions and root all', () => {
    const registry = newRegistry();
    create(registry, 'mine', { owner: { uid: 7, gid: 7 } });
    create(registry, 'theirs', { owner: { uid: 8, gid: 7 } });
    const namesFor = (uid: number) => registry.visibleTo({ uid, gid: 7 }).map(({ name }) => name);
    expect([namesFor(7), namesFor(8), namesFor(9), namesFor(0)]).toEqual([
      ['mine'],
      ['theirs'],
      [],
      ['mine', 'theirs'],
    ]);
    expect(() => registry.sessionOf('theirs', { uid: 7, gid: 7 })).toThrow(refusal('NO_SUCH_SESSION'));
    expect(registry.sessionOf('theirs', { uid: 0, gid: 0 }).name).toBe('theirs');
    const [another, root] = [7, 0].map(
      (uid) => () => create(registry, 'theirs', { owner: { uid, gid: uid }, output: directoryAt('/x') }),
    );
    expect(another).toThrow(refusal('NAME_TAKEN'));
    expect(another).toThrow('taken by a session of another user');
    expect(root).toThrow(refusal('NAME_TAKEN'));
    expect(root).toThrow(/a session theirs of user \d+ already/);
  });

  it('counts the states that threads are to record', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enableEvent(session, null, rule);
    expect(() => registry.requestStatedump(session)).toThrow(refusal('NOT_STARTED'));
    registry.start(session);
    registry.requestStatedump(session);
    registry.stop(session);
    registry.start(session);
    registry.traces.ensure(session, threadOf(7));
    expect(desired(registry, 7)[0]?.statedump).toBe(3);
  });

  it('starts a stopped session, and stops a started one', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    expect(() => registry.stop(session)).toThrow(refusal('ALREADY_STOPPED'));
    registry.channels.enableEvent(session, null, rule);
    registry.start(session);
    expect(() => registry.start(session)).toThrow(refusal('ALREADY_STARTED'));
    registry.stop(session);
    expect(session.active).toBe(false);
  });

  it('bounds what all sessions together ask applications to read', () => {
    const registry = newRegistry();
    const fill = () => {
      for (let s = 0; s < 16; s++) {
        const session = create(registry, `s${s}`);
        for (let r = 0; r < 1024; r++) {
          const exclude = Array.from({ length: 8 }, (_, idx) => `${idx}`.padEnd(120, 'x'));
          registry.channels.enableEvent(session, null, { pattern: `p:${r}*`, exclude });
        }
      }
    };
    expect(fill).toThrow(refusal('TOO_MANY'));
    const room = desiredText(registry, 1);
    expect(room.length).toBeLessThan(8 * 1024 * 1024);
    expect(room.length).toBeGreaterThan(4 * 1024 * 1024);
  });

  it('gives each user a share of the memory for maps and snapshot outputs, and takes back what is gone', () => {
    const shares = testShares(0);
    const registry = new SessionRegistry(() => 'uuid', shares);
    const ofUser = (name: string, uid: number) =>
      create(registry, name, { owner: { uid, gid: uid }, snapshot: true, output: null });
    const path = `/${'\u{1234}'.repeat(1300)}`;
    const sessions: Session[] = [];
    const fill = () => {
      for (let number = 0; ; number++) {
        const session = ofUser(`s${number}`, 1001);
        sessions.push(session);
        for (let idx = 0; idx < SNAPSHOT_OUTPUTS_MAX; idx++) {
          registry.addSnapshotOutput(session, { name: null, path, maxBytes: null });
          registry.addMap(session, { ...MAP, name: `m${idx}` });
        }
      }
    };
    expect(fill).toThrow('the share of user 1001 is used up');
    expect(shares.sessionParts.used).toBeGreaterThan(SNAPSHOT_OUTPUTS_MAX * 2 * path.length);
    const last = sessions.at(-1)!;
    const used = shares.sessionParts.used;
    const outputs = last.archive.outputs;
    expect(() => registry.deleteSnapshotOutput(last, 'no such')).toThrow(refusal('NO_SNAPSHOT_OUTPUT'));
    registry.deleteSnapshotOutput(last, outputs[0]!.id);
    expect(shares.sessionParts.used).toBeLessThan(used - 2 * path.length);
    const other = ofUser('other', 1002);
    expect(registry.addMap(other, { ...MAP, name: null })).toBe('channel0');
    for (const session of [...sessions, other]) registry.remove(session);
    expect(shares.sessionParts.used).toBe(0);
  });

  it('reports keys of maps that a share has no room for among the troubles of the session, once', () => {
    const shares = testShares(0);
    const registry = new SessionRegistry(() => 'uuid', shares);
    const session = create(registry, 'a', { owner: { uid: 1001, gid: 1001 } });
    registry.addMap(session, { ...MAP, keyCountMax: 8192 });
    const map = session.maps.get('m')!;
    while (shares.kept.take(1001, 1000) === undefined);
    for (const key of ['a', 'b']) {
      expect(map.increment(key.padEnd(1000, 'x'), 1)).toContain('the share of user 1001 is used up');
    }
    expect(session.troubles.list()).toEqual([
      'keys of maps are not counted: the share of user 1001 in bytes kept for applications is used up',
    ]);
  });

  it('gives each user a share of sessions, rules and tracked values, and takes back what is destroyed', () => {
    const shares = testShares(0);
    const registry = new SessionRegistry(() => 'uuid', shares);
    const values = Array.from({ length: 65_536 }, (_, idx) => idx);
    let sessions = 0;
    const fillFor = (uid: number) => {
      const own: Session[] = [];
      expect(() => {
        for (;;) own.push(create(registry, `s${sessions++}`, { owner: { uid, gid: uid } }));
      }).toThrow(new RegExp(`^the share of user ${uid} is used up: \\d+ of 272 sessions;`));
      expect(() => {
        for (const session of own)
          for (const attribute of ['vpid', 'vuid', 'vgid'] as const) registry.track(session, attribute, values);
      }).toThrow(`the share of user ${uid} is used up`);
      expect(() => {
        for (const session of own)
          for (let r = 0; r < 100; r++)
            registry.channels.enableEvent(session, null, { pattern: `${r}`.padEnd(250, 'x') });
      }).toThrow(`the share of user ${uid} is used up`);
      return own;
    };
    const all = [...fillFor(1001), ...fillFor(1002)];
    const ofRoot = create(registry, 'of root');
    registry.track(ofRoot, 'vpid', values);
    registry.channels.enableEvent(ofRoot, null, rule);
    registry.untrack(ofRoot, 'vpid', values.slice(0, 10));
    for (const session of [...all, ofRoot]) registry.remove(session);
    expect([shares.sessions.used, shares.trackedValues.used, shares.desiredState.used]).toEqual([0, 0, 0]);
  });

  it('gives channels of different users and sessions different keys, and each user only their own', () => {
    const registry = newRegistry();
    const keys = new Map<number, number>();
    for (const name of ['a', 'b']) {
      const session = create(registry, name);
      registry.channels.enableEvent(session, null, rule);
      for (const uid of [0, 1000]) {
        for (const { key } of registry.traces.ensure(session, threadOf(uid)).channels.values()) keys.set(key, uid);
      }
    }
    expect(keys.size).toBe(4);
    for (const [key, uid] of keys) {
      expect(registry.traces.channelOf(key, threadOf(uid))?.key).toBe(key);
      expect(registry.traces.channelOf(key, threadOf(uid === 0 ? 1000 : 0))).toBeUndefined();
    }
  });
});

function desiredText(registry: SessionRegistry, uid: number): string {
  for (const session of registry.sessions()) {
    registry.traces.ensure(session, threadOf(uid));
    if (!session.active) registry.start(session);
  }
  return JSON.stringify(desired(registry, uid));
}

function desired(registry: SessionRegistry, uid: number, thread: RecordedThread = threadOf(uid)): DesiredChannel[] {
  return desiredChannelsOf(registry.traces.activeOf(thread), () => WAKE);
}

describe('desiredChannelsOf', () => {
  it('has the channels of active sessions that have a trace for the user', () => {
    const registry = newRegistry();
    const session = create(registry, 'a', { shmPath: '/shm', clock: 'tsc' });
    registry.channels.enableEvent(session, null, rule);
    const trace = registry.traces.ensure(session, threadOf(1000));
    expect(desired(registry, 1000)).toEqual([]);
    registry.start(session);
    expect(desired(registry, 0)).toEqual([]);
    expect(desired(registry, 1000), 'the directory for its rings is not there yet').toEqual([]);
    trace.isRecordable = true;
    expect(desired(registry, 1000)).toEqual([
      {
        key: 1,
        session: 'a',
        name: 'channel0',
        traceUuid: 'uuid-1',
        streamClassId: 0,
        header: 'large',
        mode: 'discard',
        subBufBytes: DEFAULT_CHANNEL.subBufBytes,
        subBufCount: DEFAULT_CHANNEL.subBufCount,
        clock: 'tsc',
        blockingTimeoutUs: 0,
        preallocation: 'on-demand',
        contexts: [],
        statedump: 1,
        reclaim: 0,
        reclaimUntil: 0,
        filterCounters: null,
        ringDirectory: '/shm/ust/uid/1000/64-bit',
        wakePath: WAKE,
        rules: [rule],
      },
    ]);
  });

  it('keeps the keys of a session that is stopped and started again, and numbers new channels on', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.channels.enableEvent(session, null, rule);
    registry.start(session);
    registry.traces.ensure(session, threadOf(7));
    registry.stop(session);
    registry.channels.enable(session, { ...DEFAULT_CHANNEL, name: 'late' });
    registry.start(session);
    registry.traces.ensure(session, threadOf(7));
    const channels = desired(registry, 7);
    expect(channels.map(({ key, name, streamClassId }) => ({ key, name, streamClassId }))).toEqual([
      { key: 1, name: 'channel0', streamClassId: 0 },
      { key: 2, name: 'late', streamClassId: 1 },
    ]);
  });
});
