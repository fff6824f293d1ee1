import { describe, expect, it } from 'vitest';
import { checkReply, requestIdOf } from './reply.ts';
import { ShapeError } from './shape.ts';

describe('checkReply', () => {
  it('passes answers on', () => {
    expect(checkReply({ id: 1, ok: true, result: null })).toEqual({ id: 1, ok: true, result: null });
    const refusal = { id: 1, ok: false, code: 'NO_RING', message: 'there is none' };
    expect(checkReply(refusal)).toEqual(refusal);
    const withHint = { ...refusal, hint: 'make one' };
    expect(checkReply(withHint)).toEqual(withHint);
  });

  it('makes a refusal safe to print', () => {
    const refusal = { id: 1, ok: false, code: 'A\u001b', message: 'a\nb', hint: 'a\tb' };
    expect(checkReply(refusal)).toMatchObject({ code: 'A?', message: 'a?b', hint: 'a?b' });
  });

  it.each([
    { id: 1, ok: true },
    { id: 1, ok: 'yes', result: null },
    { id: '1', ok: true, result: null },
    { id: 1, ok: false, code: 'X' },
    { id: 1, ok: false, message: 'x' },
    null,
    [],
  ])('refuses %j', (message) => {
    expect(() => checkReply(message)).toThrowError(ShapeError);
  });
});

describe('requestIdOf', () => {
  it('finds the identifier to answer under, even of what is no request', () => {
    expect(requestIdOf({ id: 4, command: 'nothing' })).toBe(4);
    expect(requestIdOf('nonsense')).toBe(0);
    expect(requestIdOf({ id: -1 })).toBe(0);
    expect(requestIdOf(null)).toBe(0);
  });
});
