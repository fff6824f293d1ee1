import { describe, expect, it } from 'vitest';
import { DOMAINS } from '../model/domain.ts';
import { ShapeError } from '../wire/shape.ts';
import { withWrongValue } from '../wire/wrong-values.test.support.ts';
import { type CommandName, checkClientRequest, checkResult } from './commands.ts';
import { notificationOf } from './notifications.ts';
import { ACTIONS, CONDITIONS, NOTIFICATIONS, SAMPLES } from './samples.test.support.ts';
import { DEFAULT_SESSION } from './session-commands.ts';

const names = Object.keys(SAMPLES) as CommandName[];

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ShapeError) return error.code;
    throw error;
  }
}

function create(params: object): object {
  return {
    id: 7,
    command: 'create-session',
    params: { ...DEFAULT_SESSION, name: 's', output: '/tmp/out', ...params },
  };
}

function enableEvent(rule: object): object {
  return { id: 1, command: 'enable-event', params: { session: 's', domain: 'user', channel: null, rule } };
}

function addTrigger(trigger: object): object {
  return { id: 1, command: 'add-trigger', params: { trigger, ownerUid: null } };
}

describe('checkClientRequest', () => {
  it.each(names)('passes %s on, and refuses it with a member of another type', (command) => {
    const { params } = SAMPLES[command];
    const request = { id: 7, command, params };
    expect(checkClientRequest(request)).toEqual(request);
    for (const [path, wrong] of withWrongValue(params)) {
      expect(
        codeOf(() => checkClientRequest({ ...request, params: wrong })),
        path,
      ).toBe('BAD_MESSAGE');
    }
  });

  it.each(names)('keeps only the members of %s', (command) => {
    const { params } = SAMPLES[command];
    const request = { id: 7, command, params: { ...params, other: 1 }, other: 1 };
    expect(checkClientRequest(request)).toEqual({ id: 7, command, params });
  });

  it.each(CONDITIONS)('passes a trigger with the condition $kind on', (condition) => {
    const trigger = { name: null, condition, actions: ACTIONS };
    expect(checkClientRequest(addTrigger(trigger))).toMatchObject({ params: { trigger } });
    for (const [path, wrong] of withWrongValue(trigger)) {
      expect(
        codeOf(() => checkClientRequest(addTrigger(wrong as object))),
        path,
      ).toBe('BAD_MESSAGE');
    }
  });

  it('refuses an unknown command, condition and action', () => {
    for (const command of ['nothing', '__proto__', 'toString', undefined]) {
      expect(() => checkClientRequest({ id: 1, command, params: {} })).toThrowError('there is no command of this name');
    }
    const condition = { kind: 'constructor' };
    expect(() => checkClientRequest(addTrigger({ name: null, condition, actions: [] }))).toThrowError(
      'there is no condition of this kind',
    );
    expect(() =>
      checkClientRequest(addTrigger({ name: null, condition: CONDITIONS[0], actions: [{ kind: 'x' }] })),
    ).toThrowError('there is no action of this kind');
  });

  it('names the member that is wrong, and its bounds', () => {
    const messageOf = (message: object) => {
      try {
        return checkClientRequest(message);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(messageOf(create({ snapshot: 1 }))).toBe('snapshot must be true or false');
    expect(messageOf(create({ clock: 'sundial' }))).toBe('clock must be one of monotonic, tsc');
    expect(messageOf(create({ output: 'out' }))).toBe('output must be an absolute path');
    expect(messageOf(create({ name: '.x' }))).toBe('name must not contain a slash nor begin with a dot');
    expect(messageOf(enableEvent({ pattern: 'a', exclude: [7] }))).toBe(
      'exclude must be a text of 1 to 255 bytes without control characters, line separators, U+FFFE and U+FFFF',
    );
    expect(messageOf(enableEvent({ pattern: 'a', logLevel: { from: 5, to: 4 } }))).toBe(
      'to must be an integer from 5 to 14',
    );
    expect(messageOf({ id: 1, command: 'stop-session', params: null })).toBe('params must be an object');
    expect(messageOf({ id: -1, command: 'stop-session', params: {} })).toBe(
      `id must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
    );
  });

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

  it('takes every domain, and nothing else as one', () => {
    for (const domain of DOMAINS) {
      const request = { id: 1, command: 'list-contexts', params: { domain } };
      expect(checkClientRequest(request)).toEqual(request);
    }
    for (const domain of [undefined, 'moon', '__proto__', null]) {
      const request = { id: 1, command: 'list-contexts', params: { domain } };
      expect(() => checkClientRequest(request)).toThrow('domain must be one of user, kernel, jul');
    }
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
});

describe('checkResult', () => {
  it.each(names)('passes the result of %s on, and refuses it with a member of another type', (command) => {
    const { result } = SAMPLES[command];
    expect(checkResult(command, result)).toBe(result);
    expect(codeOf(() => checkResult(command, undefined))).toBe('BAD_MESSAGE');
    for (const [path, wrong] of withWrongValue(result)) {
      expect(
        codeOf(() => checkResult(command, wrong)),
        path,
      ).toBe('BAD_MESSAGE');
    }
  });

  it('leaves names and unknown members to newer daemons', () => {
    const result = { channel: '../x\u001b', newer: 1 };
    expect(checkResult('enable-event', result)).toBe(result);
  });
});

describe('notificationOf', () => {
  it.each(NOTIFICATIONS)('passes $kind on, and refuses it with a member of another type', (notification) => {
    expect(notificationOf({ notification })).toBe(notification);
    for (const [path, wrong] of withWrongValue(notification)) {
      expect(
        codeOf(() => notificationOf({ notification: wrong })),
        path,
      ).toBe('BAD_MESSAGE');
    }
  });

  it('is undefined for an answer, and refuses an unknown kind', () => {
    expect(notificationOf({ id: 1, ok: true, result: null })).toBeUndefined();
    expect(codeOf(() => notificationOf({ notification: { kind: 'session-eaten', session: 's' } }))).toBe('BAD_MESSAGE');
  });
});
