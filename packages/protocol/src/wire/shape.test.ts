import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Extent,
  eitherBy,
  integer,
  list,
  nullable,
  object,
  optional,
  refined,
  refuseShape,
  type Shaped,
  variant,
} from './shape.ts';
import { foreignLines, foreignText, plainText } from './text.ts';

const shape = object({
  id: integer(0, 5),
  name: optional(plainText(3)),
  tags: list(foreignText(2), 2, 'tag'),
  parent: nullable(object({ id: integer(0, 5) })),
});
const whole = { id: 1, name: 'abc', tags: ['x'], parent: { id: 2 } };

const action = variant('kind', { stop: {}, wait: { ms: integer(1, 9) } }, 'there is no action of this kind');
type Action = Shaped<typeof action>;

function refusalOf(value: unknown, extent: Extent = 'all'): string | undefined {
  try {
    shape(value, 'a thing', extent);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a shape', () => {
  it('gives the type of what it checks', () => {
    expectTypeOf<Shaped<typeof shape>>().toEqualTypeOf<{
      readonly id: number;
      readonly name?: string;
      readonly tags: readonly string[];
      readonly parent: { readonly id: number } | null;
    }>();
    expectTypeOf<Action>().toEqualTypeOf<{ readonly kind: 'stop' } | { readonly kind: 'wait'; readonly ms: number }>();
  });

  it('copies known members only, and leaves absent ones out', () => {
    const { name: _, ...without } = whole;
    const hostile = JSON.parse('{"__proto__": {"a": 1}, "constructor": 1}') as object;
    expect(shape({ ...whole, ...hostile, other: 1 }, 'a thing', 'all')).toEqual(whole);
    expect(Object.keys(shape(without, 'a thing', 'all'))).toEqual(['id', 'tags', 'parent']);
    expect(shape({ ...whole, parent: null }, 'a thing', 'all').parent).toBeNull();
  });

  it.each([
    [null, 'a thing must be an object'],
    [[], 'a thing must be an object'],
    [{ ...whole, id: 6 }, 'id must be an integer from 0 to 5'],
    [{ ...whole, id: '1' }, 'id must be an integer from 0 to 5'],
    [{ ...whole, tags: ['a', 'b', 'c'] }, 'tags must be an array of at most 2 elements'],
    [{ ...whole, tags: [5] }, 'tag must be a text'],
    [{ ...whole, name: null }, /^name must be a text of 1 to 3 bytes/],
    [{ ...whole, name: 'abcd' }, /^name must be a text of 1 to 3 bytes/],
    [{ ...whole, name: 'äb€' }, /^name must be a text of 1 to 3 bytes/],
    [{ ...whole, parent: {} }, 'id must be an integer from 0 to 5'],
    [{ ...whole, parent: undefined }, 'parent must be an object'],
  ])('refuses %j', (value, message) => {
    expect(refusalOf(value)).toMatch(message);
  });

  it('checks types alone of what a daemon sends, and copies nothing', () => {
    const beyond = { ...whole, id: 77, name: '\u001b and on', tags: ['long', 'b', 'c'], newer: 1 };
    expect(shape(beyond, 'a thing', 'types')).toBe(beyond);
    expect(refusalOf({ ...beyond, id: 'x' }, 'types')).toBe('id must be an integer from 0 to 5');
    expect(refusalOf({ ...beyond, tags: [5] }, 'types')).toBe('tag must be a text');
  });

  it('of a text for people cuts it and replaces unsafe characters', () => {
    expect(foreignText(4)('a\nb\u2028c', 'text', 'all')).toBe('a?b?');
    expect(foreignLines(6)('a\nb\u2028c\u001b', 'text', 'all')).toBe('a\nb?c?');
  });

  it('with a condition leaves it out of the check of types', () => {
    const even = refined(integer(0, 9), (value) => (value % 2 === 0 ? value : refuseShape('odd')));
    expect(even(4, 'n', 'all')).toBe(4);
    expect(() => even(3, 'n', 'all')).toThrowError('odd');
    expect(even(3, 'n', 'types')).toBe(3);
  });

  it('of one of two kinds follows the member that only the first has', () => {
    const size = eitherBy('ratio', object({ ratio: integer(0, 1) }), object({ bytes: integer(0, 9) }));
    expect(size({ ratio: 1, bytes: 3 }, 'size', 'all')).toEqual({ ratio: 1 });
    expect(size({ bytes: 3 }, 'size', 'all')).toEqual({ bytes: 3 });
    expect(() => size({}, 'size', 'all')).toThrowError('bytes must be an integer from 0 to 9');
  });

  it('of several kinds follows the tag', () => {
    expect(action({ kind: 'wait', ms: 5, other: 1 }, 'an action', 'all')).toEqual({ kind: 'wait', ms: 5 });
    expect(() => action({ kind: 'toString' }, 'an action', 'all')).toThrowError('there is no action of this kind');
    expect(() => action({}, 'an action', 'all')).toThrowError('there is no action of this kind');
  });
});
