import { DEFAULT_CHANNEL, type DesiredChannel, type DomainDescription, type EventRule } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { SNAPSHOT_OUTPUTS_MAX } from '../../../shares/limits.ts';
import { MAP } from '../../../testing/maps.test.support.ts';
import { testShares } from '../../../testing/shares.test.support.ts';
import { TestSessions } from '../../../testing/test-sessions.test.support.ts';
import { processOf, threadOf } from '../../../testing/threads.test.support.ts';
import { desiredChannelsOf } from '../publishing/desired-state.ts';
import { describeUserPart } from './describe-user-part.ts';
import type { UserPart } from './user-part.ts';

const WAKE = '/run/x/consumer.wake';
const rule: EventRule = { pattern: 'shop:*' };

function onlyOne(sessions: TestSessions): DomainDescription {
  return describeUserPart(sessions.parts.all()[0]!);
}

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('UserParts', () => {
  it('forgets a session that is removed, with its keys', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enable(part, DEFAULT_CHANNEL);
    const [channel] = sessions.parts.traces.ensure(part, threadOf(1000)).channels.values();
    sessions.remove(part);
    expect(sessions.parts.traces.channelOf(channel!.key, threadOf(1000))).toBeUndefined();
    expect(sessions.registry.visibleTo({ uid: 0, gid: 0 })).toEqual([]);
    sessions.create('a');
  });

  it('rounds the sizes of a channel and lists what came of them', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, name: 'c', subBufBytes: 5000, subBufCount: 3 });
    expect(onlyOne(sessions).channels).toMatchObject([{ name: 'c', subBufBytes: 8192, subBufCount: 4, rules: [] }]);
    expect(() => sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, name: 'c' })).toThrow(
      refusal('CHANNEL_EXISTS'),
    );
  });

  it('makes a channel for a rule that names none where there is none, and where it names one that there is not', () => {
    const sessions = new TestSessions();
    const plain = sessions.create('a');
    expect(sessions.parts.channels.enableEvent(plain, null, rule).attributes).toEqual(DEFAULT_CHANNEL);
    sessions.parts.channels.enableEvent(plain, null, { pattern: 'other:*' });
    expect(plain.channels.size).toBe(1);
    const named = sessions.create('b');
    sessions.parts.channels.enable(named, { ...DEFAULT_CHANNEL, name: 'mine' });
    expect(() => sessions.parts.channels.enableEvent(named, null, rule)).toThrow(refusal('CHANNEL_NAME_NEEDED'));
    expect(sessions.parts.channels.enableEvent(named, 'yours', rule).attributes).toEqual({
      ...DEFAULT_CHANNEL,
      name: 'yours',
    });
  });

  it('takes a rule once per channel', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enableEvent(part, null, rule);
    expect(() => sessions.parts.channels.enableEvent(part, null, { ...rule })).toThrow(refusal('RULE_EXISTS'));
    sessions.parts.channels.enableEvent(part, null, { ...rule, logLevel: { from: 0, to: 6 } });
  });

  it('takes rules for equal that say the same, and enables again what was disabled', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enableEvent(part, null, { pattern: 'a:*', exclude: ['a:x', 'a:y'], filter: '(n==1)' });
    const again = { pattern: 'a:*', exclude: ['a:y', 'a:x'], filter: 'n == 0x1' };
    expect(() => sessions.parts.channels.enableEvent(part, null, again)).toThrow(refusal('RULE_EXISTS'));
    sessions.parts.channels.enableEvent(part, null, { pattern: 'a:*', filter: 'n == 2' });
    sessions.parts.channels.enableEvent(part, null, { pattern: 'a:b' });
    expect(sessions.parts.channels.disableEvent(part, null, 'a:*')).toEqual({ channel: 'channel0', disabled: 2 });
    const [channel] = part.channels.values();
    expect(channel!.rules.enabled()).toEqual([{ pattern: 'a:b' }]);
    expect(channel!.rules.describe().map(({ enabled }) => enabled)).toEqual([false, false, true]);
    sessions.parts.channels.enableEvent(part, null, again);
    expect(channel!.rules.enabled().map(({ filter }) => filter)).toEqual(['(n==1)', undefined]);
    expect(sessions.parts.channels.disableEvent(part, null, null).disabled).toBe(3);
    expect(channel!.rules.enabled()).toEqual([]);
    expect(() => sessions.parts.channels.disableEvent(part, null, 'a:')).toThrow(refusal('NO_RULE'));
    expect(() => sessions.parts.channels.disableEvent(part, 'c', null)).toThrow(refusal('NO_CHANNEL'));
  });

  it('refuses a filter with the column of what is wrong, and exclusions from one name', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    const wrong = () => sessions.parts.channels.enableEvent(part, null, { pattern: 'a:*', filter: 'n == ' });
    expect(wrong).toThrow(refusal('BAD_FILTER'));
    expect(wrong).toThrow(/column 6/);
    const plain = { pattern: 'a:b', exclude: ['a:b'] };
    expect(() => sessions.parts.channels.enableEvent(part, null, plain)).toThrow(refusal('BAD_PARAMETER'));
    expect(() => sessions.parts.channels.enableEvent(part, null, { ...plain, pattern: 'a:\\*' })).toThrow(
      refusal('BAD_PARAMETER'),
    );
    expect(part.channels.size).toBe(0);
  });

  it.each([
    ['a number of files without their size', { traceFileCount: 2 }, 'BAD_PARAMETER'],
    ['files smaller than a sub-buffer', { traceFileBytes: 8191, subBufBytes: 5000 }, 'BAD_PARAMETER'],
    ['overwriting that waits', { mode: 'overwrite', blockingTimeoutUs: null }, 'BAD_PARAMETER'],
    ['a timer that hardly ever runs', { readTimerUs: 2 ** 32 }, 'BAD_PARAMETER'],
    ['buffers of another owner', { ownership: 'process' }, 'OWNERSHIP_MISMATCH'],
    ['buffers of the whole system', { ownership: 'system' }, 'UNSUPPORTED'],
    ['an output of the kernel', { output: 'splice' }, 'UNSUPPORTED'],
  ] as const)('refuses a channel with %s', (_, more, code) => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enable(part, DEFAULT_CHANNEL);
    const attributes = { ...DEFAULT_CHANNEL, name: 'c', ...more };
    expect(() => sessions.parts.channels.enable(part, attributes)).toThrow(refusal(code));
    expect(part.channels.size).toBe(1);
  });

  it('overwrites in every channel of a flight recorder', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a', { snapshot: true });
    expect(sessions.parts.channels.enableEvent(part, null, rule).attributes.mode).toBe('overwrite');
    expect(sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, name: 'c' }).attributes.mode).toBe('overwrite');
    const nowhere = sessions.create('b', { output: null });
    expect(nowhere.session.snapshot).toBe(true);
    expect(sessions.parts.channels.enableEvent(nowhere, null, rule).attributes.mode).toBe('overwrite');
  });

  it('keeps what a disabled channel has, and tells nobody to record into it', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enableEvent(part, null, rule);
    sessions.start(part);
    sessions.parts.traces.ensure(part, threadOf(7));
    const before = desired(sessions, 7);
    sessions.parts.channels.disable(part, 'channel0');
    expect(desired(sessions, 7)).toEqual([]);
    expect(onlyOne(sessions).channels).toMatchObject([{ name: 'channel0', enabled: false, rules: [rule] }]);
    sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, subBufCount: 64 });
    expect(desired(sessions, 7)).toEqual(before);
    expect(() => sessions.parts.channels.disable(part, 'c')).toThrow(refusal('NO_CHANNEL'));
  });

  it('adds context fields before the first start only, each once', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    expect(
      sessions.parts.channels.addContexts(part, null, ['cpu_id']).map(({ attributes }) => attributes.name),
    ).toEqual(['channel0']);
    sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, name: 'c' });
    expect(() => sessions.parts.channels.addContexts(part, 'channel0', ['cpu_id'])).toThrow(refusal('CONTEXT_EXISTS'));
    sessions.parts.channels.addContexts(part, null, ['cpu_id', 'vuid', 'vuid']);
    expect(onlyOne(sessions).channels.map(({ contexts }) => contexts)).toEqual([
      ['cpu_id', 'vuid'],
      ['cpu_id', 'vuid'],
    ]);
    expect(() => sessions.parts.channels.addContexts(part, null, ['vgid', 'vuid'])).toThrow(refusal('CONTEXT_EXISTS'));
    expect(() => sessions.parts.channels.addContexts(part, 'd', ['vgid'])).toThrow(refusal('NO_CHANNEL'));
    sessions.start(part);
    sessions.registry.stop(part.session);
    expect(() => sessions.parts.channels.addContexts(part, null, ['vgid'])).toThrow(refusal('ALREADY_STARTED'));
  });

  it('lets only those be recorded that every tracker has', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enableEvent(part, null, rule);
    sessions.start(part);
    const [one, two] = [threadOf(7, processOf(1)), threadOf(7, processOf(2))];
    for (const thread of [one, two]) sessions.parts.traces.ensure(part, thread);
    const recorded = () => [one, two].map((thread) => sessions.parts.traces.activeOf(thread).length);
    expect(recorded()).toEqual([1, 1]);
    sessions.parts.track(part, 'vpid', [2]);
    expect(recorded()).toEqual([0, 1]);
    expect(onlyOne(sessions).trackers).toEqual({ vpid: [2], vuid: null, vgid: null });
    sessions.parts.track(part, 'vuid', [8]);
    expect(recorded()).toEqual([0, 0]);
    sessions.parts.track(part, 'vuid', null);
    sessions.parts.untrack(part, 'vpid', null);
    expect(recorded()).toEqual([0, 0]);
    sessions.parts.track(part, 'vpid', [1]);
    expect(recorded()).toEqual([1, 0]);
  });

  it('has a trace for each process where buffers are of processes, as long as it lives', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, ownership: 'process' });
    sessions.start(part);
    const process = processOf(5);
    const [one, two] = [threadOf(7, process), threadOf(7, processOf(5))];
    const trace = sessions.parts.traces.ensure(part, one);
    expect(sessions.parts.traces.ensure(part, one)).toBe(trace);
    const other = sessions.parts.traces.ensure(part, two);
    expect(other.tracePath).not.toBe(trace.tracePath);
    const [{ key }] = trace.channels.values() as unknown as [{ key: number }];
    expect(sessions.parts.traces.channelOf(key, one)?.trace).toBe(trace);
    expect(sessions.parts.traces.channelOf(key, two)).toBeUndefined();
    sessions.parts.processEnded(process);
    expect([...part.traces.values()]).toEqual([other]);
    expect(sessions.parts.traces.channelOf(key, one)).toBeUndefined();
    expect(part.session.traced).toBe(true);
  });

  it('counts the states that threads are to record', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enableEvent(part, null, rule);
    sessions.start(part);
    part.statedump++;
    sessions.registry.stop(part.session);
    sessions.start(part);
    sessions.parts.traces.ensure(part, threadOf(7));
    expect(desired(sessions, 7)[0]?.statedump).toBe(3);
  });

  it('bounds what all sessions together ask applications to read', () => {
    const sessions = new TestSessions();
    const fill = () => {
      for (let s = 0; s < 16; s++) {
        const part = sessions.create(`s${s}`);
        for (let r = 0; r < 1024; r++) {
          const exclude = Array.from({ length: 8 }, (_, idx) => `${idx}`.padEnd(120, 'x'));
          sessions.parts.channels.enableEvent(part, null, { pattern: `p:${r}*`, exclude });
        }
      }
    };
    expect(fill).toThrow(refusal('TOO_MANY'));
    const room = desiredText(sessions, 1);
    expect(room.length).toBeLessThan(8 * 1024 * 1024);
    expect(room.length).toBeGreaterThan(4 * 1024 * 1024);
  });

  it('gives each user a share of the memory for maps and snapshot outputs, and takes back what is gone', () => {
    const shares = testShares(0);
    const sessions = new TestSessions(shares);
    const ofUser = (name: string, uid: number) =>
      sessions.create(name, { owner: { uid, gid: uid }, snapshot: true, output: null });
    const path = `/${'\u{1234}'.repeat(1300)}`;
    const all: UserPart[] = [];
    const fill = () => {
      for (let number = 0; ; number++) {
        const part = ofUser(`s${number}`, 1001);
        all.push(part);
        for (let idx = 0; idx < SNAPSHOT_OUTPUTS_MAX; idx++) {
          sessions.registry.addSnapshotOutput(part.session, { name: null, path, maxBytes: null });
          sessions.parts.addMap(part, { ...MAP, name: `m${idx}` });
        }
      }
    };
    expect(fill).toThrow('the share of user 1001 is used up');
    expect(shares.sessionParts.used).toBeGreaterThan(SNAPSHOT_OUTPUTS_MAX * 2 * path.length);
    const last = all.at(-1)!.session;
    const used = shares.sessionParts.used;
    const outputs = last.archive.outputs;
    expect(() => sessions.registry.deleteSnapshotOutput(last, 'no such')).toThrow(refusal('NO_SNAPSHOT_OUTPUT'));
    sessions.registry.deleteSnapshotOutput(last, outputs[0]!.id);
    expect(shares.sessionParts.used).toBeLessThan(used - 2 * path.length);
    const other = ofUser('other', 1002);
    expect(sessions.parts.addMap(other, { ...MAP, name: null })).toBe('channel0');
    for (const part of [...all, other]) sessions.remove(part);
    expect(shares.sessionParts.used).toBe(0);
  });

  it('reports keys of maps that a share has no room for among the troubles of the session, once', () => {
    const shares = testShares(0);
    const sessions = new TestSessions(shares);
    const part = sessions.create('a', { owner: { uid: 1001, gid: 1001 } });
    sessions.parts.addMap(part, { ...MAP, keyCountMax: 8192 });
    const map = part.maps.get('m')!;
    while (shares.kept.take(1001, 1000) === undefined);
    for (const key of ['a', 'b']) {
      expect(map.increment(key.padEnd(1000, 'x'), 1)).toContain('the share of user 1001 is used up');
    }
    expect(part.session.troubles.list()).toEqual([
      'keys of maps are not counted: the share of user 1001 in bytes kept for applications is used up',
    ]);
  });

  it('gives each user a share of sessions, rules and tracked values, and takes back what is destroyed', () => {
    const shares = testShares(0);
    const sessions = new TestSessions(shares);
    const values = Array.from({ length: 65_536 }, (_, idx) => idx);
    let count = 0;
    const fillFor = (uid: number) => {
      const own: UserPart[] = [];
      expect(() => {
        for (;;) own.push(sessions.create(`s${count++}`, { owner: { uid, gid: uid } }));
      }).toThrow(new RegExp(`^the share of user ${uid} is used up: \\d+ of 272 sessions;`));
      expect(() => {
        for (const part of own)
          for (const attribute of ['vpid', 'vuid', 'vgid'] as const) sessions.parts.track(part, attribute, values);
      }).toThrow(`the share of user ${uid} is used up`);
      expect(() => {
        for (const part of own)
          for (let r = 0; r < 100; r++)
            sessions.parts.channels.enableEvent(part, null, { pattern: `${r}`.padEnd(250, 'x') });
      }).toThrow(`the share of user ${uid} is used up`);
      return own;
    };
    const all = [...fillFor(1001), ...fillFor(1002)];
    const ofRoot = sessions.create('of root');
    sessions.parts.track(ofRoot, 'vpid', values);
    sessions.parts.channels.enableEvent(ofRoot, null, rule);
    sessions.parts.untrack(ofRoot, 'vpid', values.slice(0, 10));
    for (const part of [...all, ofRoot]) sessions.remove(part);
    expect([shares.sessions.used, shares.trackedValues.used, shares.desiredState.used]).toEqual([0, 0, 0]);
  });

  it('gives channels of different users and sessions different keys, and each user only their own', () => {
    const sessions = new TestSessions();
    const keys = new Map<number, number>();
    for (const name of ['a', 'b']) {
      const part = sessions.create(name);
      sessions.parts.channels.enableEvent(part, null, rule);
      for (const uid of [0, 1000]) {
        for (const { key } of sessions.parts.traces.ensure(part, threadOf(uid)).channels.values()) keys.set(key, uid);
      }
    }
    expect(keys.size).toBe(4);
    for (const [key, uid] of keys) {
      expect(sessions.parts.traces.channelOf(key, threadOf(uid))?.key).toBe(key);
      expect(sessions.parts.traces.channelOf(key, threadOf(uid === 0 ? 1000 : 0))).toBeUndefined();
    }
  });
});

function desiredText(sessions: TestSessions, uid: number): string {
  for (const part of sessions.parts.all()) {
    sessions.parts.traces.ensure(part, threadOf(uid));
    if (!part.session.active) sessions.start(part);
  }
  return JSON.stringify(desired(sessions, uid));
}

function desired(sessions: TestSessions, uid: number): DesiredChannel[] {
  return desiredChannelsOf(sessions.parts.traces.activeOf(threadOf(uid)), () => WAKE);
}

describe('desiredChannelsOf', () => {
  it('has the channels of active sessions that have a trace for the user', () => {
    const sessions = new TestSessions();
    const part = sessions.create('a', { shmPath: '/shm', clock: 'tsc' });
    sessions.parts.channels.enableEvent(part, null, rule);
    const trace = sessions.parts.traces.ensure(part, threadOf(1000));
    expect(desired(sessions, 1000)).toEqual([]);
    sessions.start(part);
    expect(desired(sessions, 0)).toEqual([]);
    expect(desired(sessions, 1000), 'the directory for its rings is not there yet').toEqual([]);
    trace.isRecordable = true;
    expect(desired(sessions, 1000)).toEqual([
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
    const sessions = new TestSessions();
    const part = sessions.create('a');
    sessions.parts.channels.enableEvent(part, null, rule);
    sessions.start(part);
    sessions.parts.traces.ensure(part, threadOf(7));
    sessions.registry.stop(part.session);
    sessions.parts.channels.enable(part, { ...DEFAULT_CHANNEL, name: 'late' });
    sessions.start(part);
    sessions.parts.traces.ensure(part, threadOf(7));
    const channels = desired(sessions, 7);
    expect(channels.map(({ key, name, streamClassId }) => ({ key, name, streamClassId }))).toEqual([
      { key: 1, name: 'channel0', streamClassId: 0 },
      { key: 2, name: 'late', streamClassId: 1 },
    ]);
  });
});
