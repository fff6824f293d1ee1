import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CHANNEL } from '../model/channel.ts';
import { NO_STATISTICS } from '../model/statistics.ts';
import { checkReply } from '../wire/reply.ts';
import { ShapeError } from '../wire/shape.ts';
import { withWrongValue } from '../wire/wrong-values.test.support.ts';
import { type ConsumerCommand, type ConsumerResults, checkConsumerReply, checkConsumerRequest } from './requests.ts';

const commands: readonly ConsumerCommand[] = [
  {
    type: 'open-trace',
    session: 's',
    trace: 1,
    output: { kind: 'directory', path: '/tmp/out' },
    tracePath: 'ust/uid/0/64-bit',
    snapshot: false,
    format: 'ctf-1.8',
    owner: { uid: 0, gid: 0 },
    ringDirectory: null,
    uuid: '01234567-89ab-cdef-0123-456789abcdef',
    clock: 'monotonic',
    clockFrequencyHz: '1000000000',
    clockOffsetNs: '-17',
    environment: [
      ['domain', 'ust'],
      ['tracer_major', 2],
    ],
  },
  {
    type: 'open-channel',
    trace: 1,
    channel: 2,
    streamClassId: 0,
    attributes: { ...DEFAULT_CHANNEL, subBufBytes: 4096, subBufCount: 2 },
    contexts: ['cpu_id'],
    producer: 'thread',
  },
  { type: 'declare-events', channel: 2, events: [{ id: 0, spec: { name: 'a:b' } }] },
  {
    type: 'open-ring',
    channel: 2,
    ring: 3,
    streamInstanceId: 0,
    source: { kind: 'thread-ring', path: '/proc/1/fd/7', bytes: 12288, pid: 1, tid: 1, procname: '', program: '' },
  },
  { type: 'close-ring', ring: 3 },
  { type: 'close-trace', trace: 1 },
  {
    type: 'count-closed-traces',
    session: 's',
    output: { kind: 'directory', path: '/tmp/out' },
    snapshot: false,
    owner: { uid: 0, gid: 0 },
    statistics: { ...NO_STATISTICS, eventsRecorded: 5 },
  },
  {
    type: 'remove-checkpoints',
    output: { kind: 'directory', path: '/tmp/out' },
    owner: { uid: 0, gid: 0 },
    uuid: '01234567-89ab-cdef-0123-456789abcdef',
  },
  { type: 'flush', session: 's' },
  { type: 'statistics', session: 's' },
  { type: 'close-session', session: 's' },
  { type: 'clear', session: 's' },
  { type: 'snapshot', session: 's', destination: { kind: 'directory', path: '/tmp/snap' }, maxBytes: null },
  { type: 'rotate', session: 's', archive: { kind: 'directory', path: '/tmp/out/archives/x' } },
  { type: 'regenerate-metadata', trace: 1, clockOffsetNs: '5' },
  { type: 'reclaim', session: 's', channels: [2], until: 0 },
  { type: 'channel-use', channels: [2] },
];

const refused = (command: object) => {
  expect(() => checkConsumerRequest({ id: 1, command })).toThrowError(ShapeError);
};

const statistics = { ...NO_STATISTICS, eventsRecorded: 1, troubles: ['the disk is full'] };

const results: ConsumerResults = {
  'open-trace': null,
  'open-channel': null,
  'declare-events': null,
  'open-ring': null,
  'count-closed-traces': null,
  'remove-checkpoints': null,
  'close-trace': statistics,
  'regenerate-metadata': statistics,
  'close-ring': statistics,
  reclaim: statistics,
  'channel-use': [{ channel: 1, usedBytes: 5, highestBytes: 6, ringBytes: 7 }],
  flush: statistics,
  statistics,
  'close-session': statistics,
  snapshot: statistics,
  rotate: statistics,
  clear: statistics,
};
const types = Object.keys(results) as (keyof ConsumerResults)[];

describe('checkConsumerRequest', () => {
  it('is tested with every type of command', () => {
    expect(commands.map(({ type }) => type).sort()).toEqual([...types].sort());
  });

  it.each(commands)('passes $type on, and refuses it with a member of another type', (command) => {
    expect(checkConsumerRequest({ id: 7, command: { ...command, other: 1 } })).toEqual({ id: 7, command });
    for (const [path, wrong] of withWrongValue(command)) {
      expect(() => checkConsumerRequest({ id: 7, command: wrong }), path).toThrowError(ShapeError);
    }
  });

  it.each([
    ['uuid', '01234567-89AB-cdef-0123-456789abcdef'],
    ['clockOffsetNs', '1e3'],
    ['clock', 'sundial'],
    ['output', '/tmp/out'],
    ['output', { kind: 'directory', path: 'relative' }],
    ['output', { kind: 'moon', path: '/tmp/out' }],
    ['tracePath', '/absolute'],
    ['tracePath', 'ust/../../x'],
    ['tracePath', 'ust//x'],
    ['tracePath', 'elsewhere/x'],
    ['format', 'ctf-3'],
    ['owner', { uid: -1, gid: 0 }],
    ['ringDirectory', undefined],
    ['environment', [['a b', 1]]],
    ['environment', [['a', 0.5]]],
    ['environment', ['a']],
  ])('refuses an open-trace whose %s is %j', (name, value) => refused({ ...commands[0], [name]: value }));

  it.each([
    { kind: 'tape', path: '/dev/st0' },
    { kind: 'thread-ring', path: 'relative', bytes: 12288, pid: 1, tid: 1, procname: '', program: '' },
    { kind: 'thread-ring', path: '/proc/1/fd/7', bytes: 0, pid: 1, tid: 1, procname: '', program: '' },
    { kind: 'cpu-buffer', instance: 'relative', cpu: 0, subBufBytes: 4096, bytes: 8192, overwrites: false },
    {
      kind: 'cpu-buffer',
      instance: '/sys/kernel/tracing/instances/i',
      cpu: -1,
      subBufBytes: 1,
      bytes: 1,
      overwrites: true,
    },
    {
      kind: 'cpu-buffer',
      instance: '/sys/kernel/tracing/instances/i',
      cpu: 0,
      subBufBytes: 0,
      bytes: 1,
      overwrites: true,
    },
  ])('refuses an open-ring whose source is %j', (source) => refused({ ...commands[3], source }));

  it.each(['../x', '.hidden', 'a/b', 'a\nb', ''])('refuses %j as the name of a channel', (name) => {
    refused({ ...commands[1], attributes: { ...(commands[1] as { attributes: object }).attributes, name } });
  });

  it('refuses whatever else comes, and throws nothing else', () => {
    const member = fc.constantFrom('trace', 'channel', 'ring', 'events', 'attributes', 'source', 'session');
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.dictionary(member, fc.jsonValue()), (command, members) => {
        try {
          checkConsumerRequest({ id: 0, command: { ...command, ...members } });
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
        }
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => refused(value as object)));
  });
});

describe('checkConsumerReply', () => {
  const check = (type: ConsumerCommand['type'], message: unknown) => checkConsumerReply(type, checkReply(message));

  it.each(types)('passes the answer to %s on, and refuses it with a member of another type', (type) => {
    const reply = { id: 1, ok: true, result: results[type] };
    expect(check(type, reply)).toEqual(reply);
    for (const [path, wrong] of withWrongValue(results[type])) {
      expect(() => check(type, { ...reply, result: wrong }), path).toThrowError(ShapeError);
    }
  });

  it('passes a refusal on', () => {
    const refusal = { id: 1, ok: false, code: 'NO_RING', message: 'there is none' };
    expect(check('flush', refusal)).toEqual(refusal);
  });

  it('bounds counts', () => {
    const answer = (members: object) => check('statistics', { id: 1, ok: true, result: { ...statistics, ...members } });
    expect(() => answer({ bytes: -1 })).toThrowError(ShapeError);
    expect(answer({ eventsDiscarded: 1e300 })).toMatchObject({ result: { eventsDiscarded: Number.MAX_SAFE_INTEGER } });
  });
});
