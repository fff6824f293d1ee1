import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TraceDecoder } from '../decode/data-stream-decoder.ts';
import { DataStreamReader } from '../decode/data-stream-reader.ts';
import { BufferMedium } from '../decode/medium.ts';
import type { EventMessage } from '../decode/messages.ts';
import { type FieldValue, VariantValue } from '../decode/values.ts';
import type { FieldSpec, IntegerSpec, NamedFieldSpec } from '../schema/field-spec.ts';
import { lowerFields } from '../schema/lower.ts';
import { compilePayloadEncoder } from '../testing/payload-encoder.test.support.ts';
import type { FilterScope } from './argument-place.ts';
import { type ArgumentPredicate, buildArgumentFilter } from './build-argument-filter.ts';
import { compileFilter } from './compile-filter.ts';
import { emitArgumentFilter } from './emit-argument-filter.ts';
import type { FilterExpression } from './filter-ast.ts';
import { FilterError } from './filter-error.ts';
import { parseFilter } from './parse-filter.ts';

/** The generated form, in the least function around it. Lists that were made arrays are put back into `values`. */
function compileArgumentFilter(expression: FilterExpression, scope: FilterScope): ArgumentPredicate {
  const names = scope.fields.map((_, i) => `a${i}`);
  const { text, constants } = emitArgumentFilter(expression, scope, names, 'f0');
  const body = `return (values) => {
    let [${names.join(', ')}] = values, wanted = false;
    f0: { ${text}
      wanted = true; }
    values.splice(0, values.length, ${names.join(', ')});
    return wanted;
  };`;
  return new Function(...constants.keys(), body)(...constants.values()) as ArgumentPredicate;
}

const integer = (signed: boolean, bits: IntegerSpec['bits']): IntegerSpec => ({
  kind: 'integer',
  signed,
  bits,
  base: 10,
});
const i8 = integer(true, 8);
const u8 = integer(false, 8);
const i32 = integer(true, 32);
const u32 = integer(false, 32);
const i64 = integer(true, 64);
const u64 = integer(false, 64);
const str: FieldSpec = { kind: 'string' };
const text: FieldSpec = { kind: 'text' };
const state: FieldSpec = {
  kind: 'enumeration',
  container: i8,
  ranges: [
    ['idle', '-1', '-1'],
    ['busy', '5', '9'],
  ],
};
const state64: FieldSpec = {
  kind: 'enumeration',
  container: u64,
  ranges: [['all', '18446744073709551615', '18446744073709551615']],
};

const FIELDS: Readonly<Record<string, readonly [spec: FieldSpec, value: unknown]>> = {
  n: [i32, 5],
  zero: [i32, 0],
  wraps: [i8, 255],
  byte: [u8, -1],
  long: [u32, 4294967295],
  huge: [u64, 2n ** 64n - 1n],
  big: [i64, 2n ** 60n],
  real: [{ kind: 'float', bits: 64 }, 0.5],
  single: [{ kind: 'float', bits: 32 }, 0.1],
  whole: [{ kind: 'float', bits: 64 }, 6],
  flag: [{ kind: 'boolean' }, 'yes'],
  idle: [state, 'idle'],
  all: [state64, 'all'],
  name: [str, 'hello*world'],
  cut: [str, 'ab\0cd'],
  lone: [text, 'x\ud800'],
  object: [str, { toString: () => 'made' }],
  list: [{ kind: 'sequence', element: i32 }, new Int32Array([1, 2, 3])],
  set: [{ kind: 'sequence', element: str }, new Set(['a', 'b'])],
  short: [{ kind: 'array', element: u8, length: 3 }, [7]],
  texts: [{ kind: 'sequence', element: text }, ['é']],
  blob: [{ kind: 'bytes' }, Buffer.from([9, 8])],
  none: [{ kind: 'optional', content: i32 }, null],
  some: [{ kind: 'optional', content: { kind: 'optional', content: i32 } }, 4],
  s: [
    { kind: 'structure', members: [{ name: 'in', spec: { kind: 'structure', members: [{ name: 'x', spec: i64 }] } }] },
    { in: { x: -7 } },
  ],
  hidden: [{ kind: 'filter-only', content: i8 }, 300],
  secret: [{ kind: 'filter-only', content: { kind: 'sequence', element: i32 } }, new Set([1])],
  any: [{ kind: 'dynamic' }, 'ann'],
  nothing: [{ kind: 'dynamic' }, undefined],
};

const SCOPE: FilterScope = {
  fields: Object.entries(FIELDS).map(([name, [spec]]) => ({ name, spec })),
  lookUpContext: (name) => {
    switch (name) {
      case 'cpu_id':
        return {
          field: { name: 'cpu_id', spec: i32 },
          read: () => 3,
          inline: { expression: 'cpu[0]', constants: { cpu: [3] } },
        };
      case 'callstack-js':
        return { field: { name: 'callstack_js', spec: { kind: 'sequence', element: str } }, read: () => ['main'] };
      case '$app.shop:user':
        return { field: { name: '_app_shop_user', spec: { kind: 'dynamic' } }, read: () => 12n };
      default:
        return undefined;
    }
  },
};

const FORMS = [
  ['compiled', compileArgumentFilter],
  ['closure-built', buildArgumentFilter],
] as const;

describe.each(FORMS)('a %s filter over arguments', (_, make) => {
  const values = () => Object.values(FIELDS).map(([, value]) => value);
  const holds = (filter: string) => make(parseFilter(filter), SCOPE)(values());

  it.each([
    'n == 5',
    'n',
    'n >= 5 && n <= 5.0',
    '-n == -5 && !zero && +n == 5',
    'wraps == -1',
    'byte == 255',
    'long == 4294967295 && long > 0 && ~long == ~4294967295',
    'long & 0xffffffff == 4294967295',
    'wraps & long == 4294967295',
    'huge == -1',
    'huge == 0xffffffffffffffff',
    'huge >> 63 == 1',
    'big << 3 == -9223372036854775808',
    'big > real && -big < 0 && !(big == 1152921504606846975)',
    'real < 1 && real > 0.25',
    'single != 0.1 && single > 0.0999',
    'whole & 2',
    'flag == 1',
    'flag',
    'idle == -1',
    'all == -1',
    '~zero == -1',
    'n & 4 && n | 2 == 7 && n ^ 1 == 4',
    'n << 1 == 10',
    'n << 40 == 5497558138880',
    'n >> 1 == 2',
    'name == "hello*"',
    'name == "hello\\*world"',
    'name != "bye*" && "*world" == name',
    'name > "hallo" && "hallo" < name && name == name',
    'cut == "ab" && cut != "ab*d"',
    'lone == "x\ufffd" && lone == "*\ufffd"',
    'object == "made"',
    'list[2] == 3 && _list_length == 3',
    'set[1] == "b" && _set_length == 2',
    'short[0] == 7 && short[2] == 0',
    'texts[0].value == "é" && texts[0]._value_length == 2',
    'blob[1] == 8 && _blob_length == 2',
    '_none_tag == 0 && _some_tag',
    'some.value == 4 && some._value_tag == 1',
    's.in.x == -7',
    'hidden == 44',
    'secret[0] == 1',
    'any == "ann" && any == "a*" && any < "b"',
    '$ctx.cpu_id == 3',
    '$ctx.callstack_js[0] == "main"',
    '$app.shop:user == 12 && $app.shop:user & 8 && !($app.shop:user > 12)',
    'n == 5 || missing == 1',
    '!(zero && missing)',
    '!(zero && none)',
    '!(n == 6) == 1',
    '"a" < "b" && "ab" == "*b" && "a*" == "ab*"',
    'name >= "hel*" && !(name > "hel*") && name < "i*"',
    '3 < 4 && 18446744073709551615 == -1',
  ])('%s is true', (filter) => {
    expect(holds(filter)).toBe(true);
  });

  it.each([
    'missing == 0',
    '!missing',
    'missing != 1',
    'missing || n',
    'list[3] == 0 || n',
    'short[3] == 0 || n',
    'short[0].x || n',
    'blob[2] == 0 || n',
    'none == 0 || n',
    'nothing == 0 || n',
    'n << 64 == 0 || n',
    'n >> -1 == 0 || n',
    'name == 5 || n',
    'name || n',
    '-name == 0 || n',
    'any == 5 || n',
    'any || n',
    'any == $app.shop:user || n',
    'n == name || n',
    'real & 1 || n',
    '~real == 0 || n',
    's || n',
    'list || n',
    'hidden.x || n',
    '$ctx.n == 5 || n',
    '$app.shop:owner == 5 || n',
    '$app.shop:user == "12" || n',
    'zero',
    'name == "hello"',
    '"b*" == name',
    'n != 5',
  ])('%s is false', (filter) => {
    expect(holds(filter)).toBe(false);
  });

  it('reads a list that can be read only once into an array, which the record uses as well', () => {
    const once = [5, 6, 7].values();
    const scope = {
      fields: [{ name: 'list', spec: { kind: 'sequence', element: i32 } as const }],
      lookUpContext: () => undefined,
    };
    const values: unknown[] = [once];
    expect(make(parseFilter('list[1] == 6 && _list_length == 3'), scope)(values)).toBe(true);
    expect(values).toEqual([[5, 6, 7]]);
  });

  it('may be as long as the language allows', () => {
    expect(holds(`zero${' || n == 6'.repeat(248)} || n`)).toBe(true);
    expect(holds(`huge${' & huge'.repeat(490)}`)).toBe(true);
  });

  it('throws where a value that it reads cannot be converted, and reads nothing else', () => {
    const scope = {
      fields: [
        { name: 'n', spec: i32 },
        { name: 's', spec: state },
      ],
      lookUpContext: () => undefined,
    };
    const filter = make(parseFilter('n == 1 && s == 5'), scope);
    expect(filter([0, 'lost'])).toBe(false);
    expect(() => filter([1, 'lost'])).toThrow();
    expect(() => filter([1n, 'idle'])).toThrow();
    expect(() => filter([Symbol('n'), 'idle'])).toThrow();
  });
});

/** The values that a reader decodes from a record of these values. */
function recordedEvent(fields: readonly NamedFieldSpec[], values: readonly unknown[], version: 1 | 2): EventMessage {
  const trace = new TraceDecoder({
    version: { major: version, minor: version === 1 ? 8 : 0 },
    byteOrder: 'le',
    environment: new Map(),
    clockClasses: [],
    dataStreamClasses: [
      { id: 0n, eventRecordClasses: [{ id: 0n, name: 'p:e', payload: lowerFields(fields, version) }] },
    ],
  });
  const medium = new BufferMedium(compilePayloadEncoder(fields)(values));
  const identity = { class: trace.class, name: '', uuid: undefined };
  const next = new DataStreamReader(trace, identity, [{ name: 's', medium }], 0n).next();
  if (next.kind !== 'item') throw new Error('the record is empty');
  return next.item as EventMessage;
}

/** Every place in a payload, as a filter names it. */
function placesIn(value: FieldValue, place = ''): string[] {
  if (value instanceof VariantValue) return placesIn(value.value, place);
  if (Array.isArray(value) || value instanceof Uint8Array) {
    return [place, ...[...value, undefined].flatMap((element, i) => placesIn(element as FieldValue, `${place}[${i}]`))];
  }
  if (typeof value !== 'object') return [place];
  const names = Object.entries(value);
  return [`${place}.x`, ...names.flatMap(([name, member]) => placesIn(member, `${place}.${name}`))];
}

describe('both forms', () => {
  const small = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.integer());
  const wide = fc.oneof(small, fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), fc.double({ noNaN: false }));
  const word = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', '*', '\0', '\ud800', '\udc00', '\ufffd', 'é'), maxLength: 4 }),
    fc.constantFrom('', 'a', 'ab'),
  );
  const scalar = fc.oneof(
    ...[i8, u8, integer(true, 16), integer(false, 16), i32, u32].map((spec) => fc.tuple(fc.constant(spec), small)),
    ...[i64, u64].map((spec) => fc.tuple(fc.constant(spec), wide)),
    fc.tuple(
      fc.constantFrom<FieldSpec>({ kind: 'float', bits: 32 }, { kind: 'float', bits: 64 }),
      fc.oneof(small, fc.double()),
    ),
    fc.tuple(fc.constant<FieldSpec>({ kind: 'boolean' }), fc.boolean()),
    fc.tuple(fc.constant(state), fc.oneof(small, fc.constantFrom('idle', 'busy'))),
    fc.tuple(fc.constantFrom(str, text), word),
    fc.tuple(fc.constant<FieldSpec>({ kind: 'bytes' }), fc.uint8Array({ maxLength: 3 })),
    fc.tuple(fc.constant<FieldSpec>({ kind: 'dynamic' }), fc.oneof(wide, word, fc.boolean(), fc.constant(undefined))),
  ) as fc.Arbitrary<[FieldSpec, unknown]>;
  const { field } = fc.letrec<{ field: [FieldSpec, unknown] }>((tie) => ({
    field: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { arbitrary: scalar, weight: 6 },
      {
        arbitrary: fc
          .tuple(tie('field'), fc.nat(3), fc.integer({ min: 1, max: 3 }), fc.boolean())
          .map(([[element, value], count, length, isArray]) => {
            const spec = isArray ? { kind: 'array' as const, element, length } : { kind: 'sequence' as const, element };
            // A filler of some kinds cannot be written, so arrays are full.
            return [spec, new Array(isArray ? length : count).fill(value)] as [FieldSpec, unknown];
          }),
        weight: 1,
      },
      {
        arbitrary: fc.array(tie('field'), { minLength: 1, maxLength: 3 }).map((members) => {
          const named = members.map(([spec], i) => ({ name: `m${i}`, spec }));
          const value = Object.fromEntries(members.map(([, member], i) => [`m${i}`, member]));
          return [{ kind: 'structure', members: named }, value] as [FieldSpec, unknown];
        }),
        weight: 1,
      },
      {
        arbitrary: fc.tuple(tie('field'), fc.boolean()).map(([[content, value], present]) => {
          return [{ kind: 'optional', content }, present ? value : null] as [FieldSpec, unknown];
        }),
        weight: 1,
      },
    ),
  }));

  type Written = (places: readonly string[]) => string;
  const literal = fc.oneof(
    small.map(String),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    fc.constantFrom('0', '1', '5', '-1', '0.5', '1e300', '0x7fffffff', '0x80000000', '9223372036854775808', '63', '64'),
    fc.constantFrom('""', '"a"', '"a*"', '"*"', '"ab"', '"*\ufffd"', '"\\*"'),
  );
  const { expression } = fc.letrec<{ expression: Written }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      {
        arbitrary: fc.nat().map(
          (n): Written =>
            (places) =>
              places[n % places.length] as string,
        ),
        weight: 4,
      },
      {
        arbitrary: literal.map(
          (text): Written =>
            () =>
              text,
        ),
        weight: 2,
      },
      {
        arbitrary: fc.tuple(fc.constantFrom('-', '+', '!', '~'), tie('expression')).map(
          ([operator, operand]): Written =>
            (places) =>
              `${operator}(${operand(places)})`,
        ),
        weight: 2,
      },
      {
        arbitrary: fc
          .tuple(
            tie('expression'),
            fc.constantFrom('<<', '>>', '&', '^', '|', '<', '<=', '>', '>=', '==', '==', '!=', '&&', '||', '||'),
            tie('expression'),
          )
          .map(
            ([left, operator, right]): Written =>
              (places) =>
                `(${left(places)}) ${operator} (${right(places)})`,
          ),
        weight: 6,
      },
    ),
  }));

  it("record what the reader's filter accepts of the record", () => {
    let [accepted, compared] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(field, { minLength: 1, maxLength: 4 }),
        fc.array(expression, { minLength: 12, maxLength: 12 }),
        fc.constantFrom(1 as const, 2 as const),
        (pairs, expressions, version) => {
          const fields = [...pairs.map(([spec], i) => ({ name: `f${i}`, spec })), { name: 'last', spec: u8 }];
          const values = [...pairs.map(([, value]) => value), 1];
          const event = recordedEvent(fields, values, version);
          // The tag of a dynamic field says how its value is written, which filters over arguments do not use.
          const places = placesIn(event.payload)
            .map((place) => place.slice(1))
            .filter((place) => !/(^|\.)[a-z]\w*_tag$/.test(place));
          const scope: FilterScope = { fields, lookUpContext: () => undefined };
          for (const write of expressions) {
            const parsed = parsedOrNot(write(places));
            if (parsed === undefined) continue;
            const wanted = compileFilter(parsed)(event);
            compared += 1;
            if (wanted) accepted += 1;
            for (const [, make] of FORMS) expect(make(parsed, scope)([...values]), write(places)).toBe(wanted);
          }
        },
      ),
      { seed: 21, numRuns: 500 },
    );
    // The expressions are no idle ones.
    expect(compared).toBeGreaterThan(2000);
    expect(accepted).toBeGreaterThan(400);
  });
});

function parsedOrNot(filter: string): FilterExpression | undefined {
  try {
    return parseFilter(filter);
  } catch (error) {
    expect(error).toBeInstanceOf(FilterError);
    return undefined;
  }
}
