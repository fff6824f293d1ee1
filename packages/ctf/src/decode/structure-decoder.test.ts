import { afterEach, describe, expect, it, vi } from 'vitest';
import { Cursor } from './cursor.ts';
import { looped, membersDecoder } from './structure-decoder.ts';

const NAMES = ['a', 'with "quotes"\u2028', '__proto__', '', 'constructor', '0'];

function decodersOf(names: readonly string[]) {
  return names.map((name, i) => (cursor: Cursor) => {
    cursor.at += 1;
    return `${name} ${i} at ${cursor.at}`;
  });
}

describe('structure decoder', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('makes every member an own property, whatever its name, in both ways', () => {
    const decoders = decodersOf(NAMES);
    const fast = membersDecoder(NAMES, decoders)(new Cursor());
    const slow = looped(NAMES, decoders)(new Cursor());
    for (const value of [fast, slow] as Record<string, unknown>[]) {
      expect(Object.keys(value).sort()).toEqual([...NAMES].sort());
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      for (const [i, name] of NAMES.entries()) expect(value[name]).toBe(`${name} ${i} at ${i + 1}`);
    }
  });

  it('does without generated code where that is forbidden', () => {
    vi.stubGlobal('Function', function forbidden() {
      throw new EvalError('code generation from strings disallowed for this context');
    });
    expect(membersDecoder(['a'], decodersOf(['a']))(new Cursor())).toEqual({ a: 'a 0 at 1' });
  });
});
