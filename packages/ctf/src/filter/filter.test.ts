import { matchesStarPattern } from '@ringtail/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventMessage } from '../decode/messages.ts';
import { VariantValue } from '../decode/values.ts';
import { compileFilter } from './compile-filter.ts';
import { type FilterExpression, parsePattern } from './filter-ast.ts';
import { FilterError } from './filter-error.ts';
import { parseFilter } from './parse-filter.ts';

const EVENT = {
  payload: {
    n: 5,
    zero: 0,
    big: 2n ** 64n - 1n,
    real: 0.5,
    name: 'hello*world',
    list: [1, 2, 3],
    s: { inner: { x: 7 }, v: new VariantValue(0, 9) },
  },
  specificContext: { ip: 1 },
  commonContext: { procname: 'node', _app_shop_user: new VariantValue(1, 'ann') },
  packet: { context: { cpu_id: 3 } },
} as unknown as EventMessage;

const holds = (text: string) => compileFilter(parseFilter(text))(EVENT);

/** The expression with all its parentheses. */
function shape(expression: FilterExpression): string {
  switch (expression.kind) {
    case 'unary':
      return `(${expression.operator}${shape(expression.operand)})`;
    case 'binary':
      return `(${shape(expression.left)} ${expression.operator} ${shape(expression.right)})`;
    case 'field':
      return expression.path.join('.');
    case 'text':
      return JSON.stringify(expression.pattern);
    default:
      return String(expression.value);
  }
}

describe('a filter expression', () => {
  it.each([
    ['a & 1 == 1', '((a & 1) == 1)'],
    ['a | b ^ c & d << 1', '(a | (b ^ (c & (d << 1))))'],
    ['a == b < c', '(a == (b < c))'],
    ['a && b || c && d', '((a && b) || (c && d))'],
    ['!a == ~b', '((!a) == (~b))'],
    ['- -1 < 2', '((-(-1)) < 2)'],
    ['(a || b) && c', '((a || b) && c)'],
    ['a.b[3].c', 'a.b.3.c'],
    ['0x10 == 020', '(16 == 16)'],
    ['a /* b */ == /**/ 1 // && c', '(a == 1)'],
    ['a->b == $ctx->vpid', '(a.b == vpid)'],
    [
      'a == 1u || a == 2UL || a == 0x3ull || a == 4ll || a == 5LU',
      '(((((a == 1) || (a == 2)) || (a == 3)) || (a == 4)) || (a == 5))',
    ],
    ['a == 1.5f || a == 2e1L', '((a == 1.5) || (a == 20))'],
  ])('%s means %s', (text, meaning) => {
    expect(shape(parseFilter(text))).toBe(meaning);
  });

  it.each(["a == 'x\"'", 'a == L"x\\"" /* " */', "a == L'x\"'"])(
    '%s compares with a text of two characters',
    (text) => {
      expect(shape(parseFilter(text))).toBe(shape(parseFilter('a == "x\\""')));
    },
  );

  it.each([
    ['', 1],
    ['a ==', 5],
    ['a = 1', 3],
    ['a b', 3],
    ['(a', 3],
    ['a[b]', 3],
    ['"open', 1],
    ['$foo.a', 1],
    ['09', 1],
    ['a == 99999999999999999999', 6],
    ['"x" & a', 5],
    ['a < "*x"', 3],
    ['"a*" == "a*b"', 6],
    ['"*a" == "*a"', 6],
    ['"x" == 1', 5],
    ['"x"', 1],
    ['n & 1.5', 3],
    ['-1.5 << n', 6],
    ['n == ~1.5', 6],
    ['a + 1', 3],
    ['('.repeat(300), 201],
  ])('%s is refused, with the column', (text, column) => {
    expect(() => parseFilter(text)).toThrow(FilterError);
    expect(() => parseFilter(text)).toThrow(expect.objectContaining({ column }));
  });

  it.each(['a * 1', 'a / 1', 'a % 1', 'a + 1', 'a - 1', '(a - 1) == 2', '"a" + 1 == 2'])(
    '%s is refused as not supported',
    (text) => {
      expect(() => parseFilter(text)).toThrow(/binary operator [-*/%+] is not supported/);
    },
  );

  it('has an end to its length', () => {
    const chain = (parts: number) => `a${'||a'.repeat(parts)}`;
    expect(() => parseFilter(chain(499))).not.toThrow();
    expect(() => parseFilter(chain(100_000))).toThrow(expect.objectContaining({ code: 'SYNTAX', column: 1501 }));
  });

  it('never fails in another way', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab$.ctx0x19 "*\\<>=!~&|^()[]-+:'), maxLength: 30 }), (text) => {
        try {
          compileFilter(parseFilter(text))(EVENT);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
      { seed: 11 },
    );
  });
});

describe('a filter', () => {
  it.each([
    'n == 5',
    'n',
    'n >= 5 && n <= 5.0',
    'real < 1 && real > 0.25',
    'big == -1',
    'big == 0xffffffffffffffff',
    '~zero == -1',
    'n & 4',
    'n << 1 == 10',
    'n >> 1 == 2',
    'name == "hello*"',
    'name == "hello\\*world"',
    'name != "bye*"',
    'name > "hallo"',
    'list[2] == 3',
    's.inner.x == 7',
    's.v == 9',
    '$ctx.procname == "n*e"',
    '$ctx.cpu_id == 3 && $ctx.ip == 1',
    '$app.shop:user == "ann"',
    'n == 5 || nothing == 1',
    '!(zero && nothing)',
  ])('%s is true', (text) => {
    expect(holds(text)).toBe(true);
  });

  it.each([
    'nothing == 0',
    '!nothing',
    'nothing != 1',
    'nothing || n',
    'list[3] == 0 || n',
    'n << 64 == 0 || n',
    'name == 5 || n',
    'name',
    'real & 1',
    '$ctx.n == 5',
    'zero',
    's',
  ])('%s is false', (text) => {
    expect(holds(text)).toBe(false);
  });
});

/** Filters of LTTng 2.13.9 on one of its events, of a process called `ls`, with the result that it recorded. */
const IN_LTTNG: readonly (readonly [string, boolean])[] = [
  ['"abcccd" == "*ccd"', true],
  ['"*ccd" == "abcccd"', true],
  ['"abcccd" == "abc*"', true],
  ['"abc*" == "abcccd"', true],
  ['"abcccd" == "abd*"', false],
  ['"abcccd" == "*cce"', false],
  ['"*cce" == "abcccd"', false],
  ['"abcccd" != "*ccd"', false],
  ['"*ccd" != "abcccd"', false],
  ['"abcccd" != "*cce"', true],
  ['"abc*" == "abc*"', true],
  ['"abc*" != "abc*"', false],
  ['"abc*" == "ab*"', true],
  ['"ab*" == "abc*"', true],
  ['"abc*" == "abd*"', false],
  ['"*" == "a*"', true],
  ['"" == "*"', true],
  ['"abc" < "abd"', true],
  ['"abc" > "abd"', false],
  ['"abc" > "a*"', false],
  ['"b" > "a*"', true],
  ['"a\\*" == "a\\*"', true],
  ['"a\\*" == "ab"', false],
  ['"a\\*b" == "a*b"', true],
  ['$ctx.procname > "a*"', true],
  ['$ctx.procname > "l*"', false],
  ['$ctx.procname >= "l*"', true],
  ['$ctx.procname <= "l*"', true],
  ['$ctx.procname < "l*"', false],
  ['$ctx.procname < "z*"', true],
  ['"*s" == $ctx.procname', true],
  ['!("a" == "b*")', true],
  ['("a" == "a*") == 1', true],
];

describe('texts in a filter', () => {
  it.each(IN_LTTNG)('compare as in LTTng: %s is %s', (text, isTrue) => {
    const event = { ...EVENT, commonContext: { procname: 'ls' } } as unknown as EventMessage;
    expect(compileFilter(parseFilter(text))(event)).toBe(isTrue);
  });
});

describe('a pattern', () => {
  it('matches as a regular expression made of it does', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(piece, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, text) => {
        const wanted = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text);
        expect(matchesStarPattern(parsePattern(pattern), text)).toBe(wanted);
      }),
      { seed: 7 },
    );
  });
});
