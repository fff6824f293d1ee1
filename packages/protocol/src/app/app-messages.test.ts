import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../wire/shape.ts';
import { withWrongValue } from '../wire/wrong-values.test.support.ts';
import { type AppMessage, checkAppMessage } from './app-messages.ts';
import { checkDaemonMessage, type DaemonMessage } from './daemon-messages.ts';
import { APP_PROTOCOL_VERSION } from './limits.ts';

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
  program: 'shop/app.js',
  slot: 0,
} as const;
const unable = { type: 'unable', protocol: APP_PROTOCOL_VERSION, program: 'app.js', reason: 'no memory' } as const;

const messages: readonly AppMessage[] = [
  register,
  unable,
  { type: 'declare', channel: 1, events: [{ name: 'a:b', fields: [{ name: 'n' }] }] },
  { type: 'ring', channel: 1, bytes: 4096 },
  { type: 'trouble', channel: null, code: 'NO_RING', message: 'no memory' },
  { type: 'trouble', channel: 1, code: 'NO_RING', message: 'no memory' },
  {
    type: 'wrong-value',
    channel: 1,
    event: 'a:b',
    field: 'n',
    fieldType: 'u8',
    first: 'a string',
    index: 32_768,
    start: 2,
  },
  { type: 'tracepoints', tracepoints: [{ name: 'a:b', logLevel: 6, fields: [{ name: 'n' }] }] },
  { type: 'trigger-matched', trigger: 1, matches: 2, discarded: 0, captures: [1, 'a', [true]] },
  { type: 'counters', counters: [{ index: 9000, group: 1, key: 'k', start: 5 }] },
  { type: 'alive', turn: 3 },
  { type: 'program', program: 'shop' },
  { type: 'goodbye', exitCode: 1, exception: 'Error: x\n    at y' },
];

const answers: readonly DaemonMessage[] = [
  { type: 'registered', daemonVersion: '0.1.0' },
  { type: 'declared', ids: [0, 1] },
  { type: 'refused', code: 'NO_CHANNEL', message: 'there is no channel 1' },
  { type: 'look', turn: 0 },
];

describe('checkAppMessage', () => {
  it.each(messages)('passes $type on, and refuses it with a member of another type', (message) => {
    expect(checkAppMessage({ ...message, other: 1 })).toEqual(message);
    for (const [path, wrong] of withWrongValue(message)) {
      const isVersion = path === 'protocol';
      expect(
        codeOf(() => checkAppMessage(wrong)),
        path,
      ).toBe(isVersion ? 'PROTOCOL_VERSION' : 'BAD_MESSAGE');
    }
  });

  it('cuts the reason of a thread that cannot be recorded, and takes control characters out', () => {
    const long = checkAppMessage({ ...unable, reason: `\u001b${'x'.repeat(10_000)}` });
    expect(long.type === 'unable' && long.reason.length).toBeLessThan(2000);
    expect(JSON.stringify(long)).not.toContain('\\u001b');
    expect(codeOf(() => checkAppMessage({ ...unable, protocol: 99 }))).toBe('PROTOCOL_VERSION');
    expect(codeOf(() => checkAppMessage({ ...unable, reason: 7 }))).toBe('BAD_MESSAGE');
  });

  it('distinguishes another protocol version from a malformed registration', () => {
    expect(codeOf(() => checkAppMessage({ type: 'register', protocol: 99 }))).toBe('PROTOCOL_VERSION');
    expect(() => checkAppMessage({ ...register, protocol: 3 })).toThrow(
      `the tracer has version 3 of the application protocol, the session daemon version ${APP_PROTOCOL_VERSION}: ` +
        'both need the same version of Ringtail',
    );
    expect(codeOf(() => checkAppMessage({ ...register, slot: 2 }))).toBe('BAD_MESSAGE');
    expect(codeOf(() => checkAppMessage({ ...register, pid: 1.5 }))).toBe('BAD_MESSAGE');
  });

  it('takes control characters out of what people read', () => {
    const hostile = 'a\u001b[31m\nb';
    const checked = checkAppMessage({ ...register, procname: hostile, program: hostile });
    expect(checked).toMatchObject({ procname: 'a?[31m?b', program: 'a?[31m?b' });
    const renamed = { type: 'program', program: `\u0000${'x'.repeat(1_000_000)}` };
    expect(checkAppMessage(renamed)).toEqual({ type: 'program', program: `?${'x'.repeat(254)}` });
  });

  it('refuses events without a name, or nested without end', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(codeOf(() => checkAppMessage({ type: 'declare', channel: 1, events: [{}] }))).toBe('BAD_MESSAGE');
    const events = [{ name: 'a:b', fields: deep }];
    expect(codeOf(() => checkAppMessage({ type: 'declare', channel: 1, events }))).toBe('BAD_MESSAGE');
    const tracepoints = [{ name: 'a:b', logLevel: 6, fields: [deep] }];
    expect(codeOf(() => checkAppMessage({ type: 'tracepoints', tracepoints }))).toBe('BAD_MESSAGE');
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

describe('checkDaemonMessage', () => {
  it.each(answers)('passes $type on, and refuses it with a member of another type', (answer) => {
    expect(checkDaemonMessage(answer)).toBe(answer);
    for (const [path, wrong] of withWrongValue(answer)) {
      expect(
        codeOf(() => checkDaemonMessage(wrong)),
        path,
      ).toBe('BAD_MESSAGE');
    }
    expect(codeOf(() => checkDaemonMessage({ type: 'registration' }))).toBe('BAD_MESSAGE');
  });
});
