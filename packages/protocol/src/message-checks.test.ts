import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAppMessage } from './app/app-message-check.ts';
import { APP_PROTOCOL_VERSION } from './app/app-messages.ts';
import { DEFAULT_SESSION } from './client/client-messages.ts';
import { checkClientRequest, clientRequestIdOf } from './client/client-request-check.ts';
import { checkConsumerReply, checkReply } from './client/reply-check.ts';
import { ShapeError } from './wire/json-shape.ts';

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ShapeError) return error.code;
    throw error;
  }
}

const register = {
  type: 'register',
  protocol: APP_PROTOCOL_VERSION,
  tracerVersion: '0.1.0',
  runtime: 'node 20',
  pid: 10,
  tid: 11,
  ppid: 1,
  procname: 'app',
  mainThread: true,
  slot: 0,
};

function create(params: object): object {
  return {
    id: 7,
    command: 'create-session',
    params: { ...DEFAULT_SESSION, name: 's', output: '/tmp/out', ...params },
  };
}

function enableEvent(rule: object): object {
  return { id: 1, command: 'enable-event', params: { session: 's', channel: null, rule } };
}

const statistics = {
  eventsRecorded: 1,
  eventsDiscarded: 0,
  eventsFailed: 0,
  eventsNested: 0,
  eventsLost: 0,
  packetsLost: 0,
  packets: 1,
  bytes: 4096,
  dataStreams: 1,
  programsNotRecorded: 0,
  troubles: ['the disk is full'],
};

describe('checkAppMessage', () => {
  it('passes on that a thread cannot be recorded, with a reason that is cut and without control characters', () => {
    const unable = { type: 'unable', protocol: APP_PROTOCOL_VERSION, procname: 'app', reason: 'no memory' };
    expect(checkAppMessage(unable)).toEqual(unable);
    const long = checkAppMessage({ ...unable, reason: `\u001b${'x'.repeat(10_000)}` });
    expect(long.type === 'unable' && long.reason.length).toBeLessThan(2000);
    expect(JSON.stringify(long)).not.toContain('\\u001b');
    expect(codeOf(() => checkAppMessage({ ...unable, protocol: 99 }))).toBe('PROTOCOL_VERSION');
    expect(codeOf(() => checkAppMessage({ ...unable, reason: 7 }))).toBe('BAD_MESSAGE');
  });

  it('passes a registration on', () => {
    expect(checkAppMessage(register)).toEqual(register);
  });

  it('tells another protocol version from a malformed registration', () => {
    expect(codeOf(() => checkAppMessage({ type: 'register', protocol: 99 }))).toBe('PROTOCOL_VERSION');
    expect(codeOf(() => checkAppMessage({ ...register, slot: 2 }))).toBe('BAD_MESSAGE');
    expect(codeOf(() => checkAppMessage({ ...register, pid: 1.5 }))).toBe('BAD_MESSAGE');
  });

  it('takes control characters out of what people read', () => {
    const checked = checkAppMessage({ ...register, procname: 'a\u001b[31m\nb' });
    expect(checked).toMatchObject({ procname: 'a?[31m?b' });
  });

  it('refuses events without a name, or nested without end', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(codeOf(() => checkAppMessage({ type: 'declare', channel: 1, events: [{}] }))).toBe('BAD_MESSAGE');
    const events = [{ name: 'a:b', fields: deep }];
    expect(codeOf(() => checkAppMessage({ type: 'declare', channel: 1, events }))).toBe('BAD_MESSAGE');
  });

  it('answers or refuses whatever comes, and throws nothing else', () => {
    const types = fc.constantFrom('register', 'declare', 'ring', 'trouble', 'tracepoints');
    const member = fc.constantFrom('protocol', 'channel', 'events', 'bytes', 'tracepoints', 'code', 'message', 'pid');
    fc.assert(
      fc.property(types, fc.dictionary(member, fc.jsonValue()), (type, members) => {
        codeOf(() => checkAppMessage({ ...register, ...members, type }));
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => codeOf(() => checkAppMessage(value)) === 'BAD_MESSAGE'));
  });
});

describe('checkClientRequest', () => {
  it('normalizes paths', () => {
    expect(checkClientRequest(create({ output: '/tmp//a/../b/' }))).toMatchObject({ params: { output: '/tmp/b' } });
  });

  it.each([['../x'], ['a/b'], ['.hidden'], ['..'], [''], ['a\0b'], ['a\nb'], ['\ud800'], ['x'.repeat(256)], [7]])(
    'refuses %j as the name of a session',
    (name) => {
      expect(codeOf(() => checkClientRequest(create({ name })))).toBe('BAD_MESSAGE');
    },
  );

  it('refuses a relative output and an unknown clock', () => {
    expect(codeOf(() => checkClientRequest(create({ output: 'out' })))).toBe('BAD_MESSAGE');
    expect(codeOf(() => checkClientRequest(create({ clock: 'sundial' })))).toBe('BAD_MESSAGE');
  });

  it('keeps only what belongs to a rule', () => {
    expect(checkClientRequest(enableEvent({ pattern: 'a:*', exclude: ['a:x'], other: 1 }))).toMatchObject({
      params: { rule: { pattern: 'a:*', exclude: ['a:x'] } },
    });
    expect(codeOf(() => checkClientRequest(enableEvent({ pattern: '' })))).toBe('BAD_MESSAGE');
    expect(codeOf(() => checkClientRequest(enableEvent({ pattern: 'a', logLevel: { from: 5, to: 4 } })))).toBe(
      'BAD_MESSAGE',
    );
  });

  it('finds the identifier to answer under, even of what is no request', () => {
    expect(clientRequestIdOf({ id: 4, command: 'nothing' })).toBe(4);
    expect(clientRequestIdOf('nonsense')).toBe(0);
  });
});

describe('checkReply and checkConsumerReply', () => {
  it('pass answers on', () => {
    expect(checkReply({ id: 1, ok: true, result: null })).toEqual({ id: 1, ok: true, result: null });
    expect(checkConsumerReply({ id: 1, ok: true, result: statistics })).toEqual({
      id: 1,
      ok: true,
      result: statistics,
    });
    const refusal = { id: 1, ok: false, code: 'NO_RING', message: 'there is none' };
    expect(checkConsumerReply(refusal)).toEqual(refusal);
  });

  it('refuse what lacks a member, and bound counts', () => {
    expect(codeOf(() => checkReply({ id: 1, ok: true }))).toBe('BAD_MESSAGE');
    expect(codeOf(() => checkConsumerReply({ id: 1, ok: true, result: { ...statistics, bytes: -1 } }))).toBe(
      'BAD_MESSAGE',
    );
    const huge = checkConsumerReply({ id: 1, ok: true, result: { ...statistics, eventsDiscarded: 1e300 } });
    expect(huge).toMatchObject({ result: { eventsDiscarded: Number.MAX_SAFE_INTEGER } });
  });
});
