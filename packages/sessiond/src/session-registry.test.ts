import { DEFAULT_CHANNEL, DEFAULT_SESSION, type EventRule } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { desiredStateOf } from './desired-state.ts';
import { type Session, type SessionParameters, SessionRegistry } from './session-registry.ts';

const WAKE = '/run/x/consumer.wake';
const rule: EventRule = { pattern: 'shop:*' };

function newRegistry(): SessionRegistry {
  let uuid = 0;
  return new SessionRegistry(() => `uuid-${++uuid}`);
}

function create(registry: SessionRegistry, name: string, more: Partial<SessionParameters> = {}): Session {
  const owner = { uid: 0, gid: 0 };
  const parameters = { ...DEFAULT_SESSION, name, output: `/out/${name}`, format: 'ctf-1.8', owner, ...more } as const;
  return registry.create(parameters, new Date(0), { frequencyHz: 1_000_000_000n, offsetNs: 5n });
}

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('SessionRegistry', () => {
  it('has one session of a name, and of a directory', () => {
    const registry = newRegistry();
    create(registry, 'a', { shmPath: '/shm' });
    expect(() => create(registry, 'a')).toThrow(refusal('SESSION_EXISTS'));
    expect(() => create(registry, 'b', { output: '/out/a' })).toThrow(refusal('OUTPUT_IN_USE'));
    expect(() => create(registry, 'b', { shmPath: '/shm' })).toThrow(refusal('OUTPUT_IN_USE'));
    expect(() => registry.session('b')).toThrow(refusal('NO_SUCH_SESSION'));
  });

  it('forgets a session that is removed, with its keys', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.enableChannel(session, DEFAULT_CHANNEL);
    const [channel] = registry.ensureTrace(session, 1000).channels.values();
    registry.remove(session);
    expect(registry.channelOf(channel!.key, 1000)).toBeUndefined();
    expect(registry.describe({ uid: 0, gid: 0 })).toEqual([]);
    create(registry, 'a');
  });

  it('rounds the sizes of a channel and lists what came of them', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.enableChannel(session, { ...DEFAULT_CHANNEL, name: 'c', subBufBytes: 5000, subBufCount: 3 });
    expect(registry.describe({ uid: 0, gid: 0 })[0]?.channels).toMatchObject([
      { name: 'c', subBufBytes: 8192, subBufCount: 4, rules: [] },
    ]);
    expect(() => registry.enableChannel(session, { ...DEFAULT_CHANNEL, name: 'c' })).toThrow(refusal('CHANNEL_EXISTS'));
  });

  it('makes the default channel only where there is none', () => {
    const registry = newRegistry();
    const plain = create(registry, 'a');
    expect(registry.enableEvent(plain, null, rule).attributes).toEqual(DEFAULT_CHANNEL);
    registry.enableEvent(plain, null, { pattern: 'other:*' });
    expect(plain.channels.size).toBe(1);
    const named = create(registry, 'b');
    registry.enableChannel(named, { ...DEFAULT_CHANNEL, name: 'mine' });
    expect(() => registry.enableEvent(named, null, rule)).toThrow(refusal('CHANNEL_NAME_NEEDED'));
    expect(() => registry.enableEvent(named, 'yours', rule)).toThrow(refusal('NO_CHANNEL'));
  });

  it('takes a rule once per channel', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.enableEvent(session, null, rule);
    expect(() => registry.enableEvent(session, null, { ...rule })).toThrow(refusal('RULE_EXISTS'));
    registry.enableEvent(session, null, { ...rule, logLevel: { from: 0, to: 6 } });
  });

  it('starts what is stopped and has a channel, and stops what is started', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    expect(() => registry.stop(session)).toThrow(refusal('ALREADY_STOPPED'));
    expect(() => registry.start(session)).toThrow(refusal('NO_CHANNEL'));
    registry.enableEvent(session, null, rule);
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
          registry.enableEvent(session, null, { pattern: `p:${r}`, exclude });
        }
      }
    };
    expect(fill).toThrow(refusal('TOO_MANY'));
    const room = desiredText(registry, 1);
    expect(room.length).toBeLessThan(8 * 1024 * 1024);
    expect(room.length).toBeGreaterThan(4 * 1024 * 1024);
  });

  it('gives channels of different users and sessions different keys, and each user only their own', () => {
    const registry = newRegistry();
    const keys = new Map<number, number>();
    for (const name of ['a', 'b']) {
      const session = create(registry, name);
      registry.enableEvent(session, null, rule);
      for (const uid of [0, 1000]) {
        for (const { key } of registry.ensureTrace(session, uid).channels.values()) keys.set(key, uid);
      }
    }
    expect(keys.size).toBe(4);
    for (const [key, uid] of keys) {
      expect(registry.channelOf(key, uid)?.key).toBe(key);
      expect(registry.channelOf(key, uid === 0 ? 1000 : 0)).toBeUndefined();
    }
  });
});

function desiredText(registry: SessionRegistry, uid: number): string {
  for (const session of registry.sessions()) {
    registry.ensureTrace(session, uid);
    if (!session.active) registry.start(session);
  }
  return JSON.stringify(desiredStateOf(registry.sessions(), uid, WAKE));
}

describe('desiredStateOf', () => {
  it('has the channels of active sessions that have a trace for the user', () => {
    const registry = newRegistry();
    const session = create(registry, 'a', { shmPath: '/shm', clock: 'tsc' });
    registry.enableEvent(session, null, rule);
    registry.ensureTrace(session, 1000);
    expect(desiredStateOf(registry.sessions(), 1000, WAKE)).toEqual({ channels: [] });
    registry.start(session);
    expect(desiredStateOf(registry.sessions(), 0, WAKE)).toEqual({ channels: [] });
    expect(desiredStateOf(registry.sessions(), 1000, WAKE)).toEqual({
      channels: [
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
          statedump: 0,
          ringDirectory: '/shm/ust/uid/1000/64-bit',
          wakePath: WAKE,
          rules: [rule],
        },
      ],
    });
  });

  it('keeps the keys of a session that is stopped and started again, and numbers new channels on', () => {
    const registry = newRegistry();
    const session = create(registry, 'a');
    registry.enableEvent(session, null, rule);
    registry.start(session);
    registry.ensureTrace(session, 7);
    registry.stop(session);
    registry.enableChannel(session, { ...DEFAULT_CHANNEL, name: 'late' });
    registry.start(session);
    registry.ensureTrace(session, 7);
    const { channels } = desiredStateOf(registry.sessions(), 7, WAKE);
    expect(channels.map(({ key, name, streamClassId }) => ({ key, name, streamClassId }))).toEqual([
      { key: 1, name: 'channel0', streamClassId: 0 },
      { key: 2, name: 'late', streamClassId: 1 },
    ]);
  });
});
