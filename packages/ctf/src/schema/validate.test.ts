import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldSpec, NamedFieldSpec } from './field-spec.ts';
import { SpecError, type SpecErrorCode } from './spec-error.ts';
import { parseEventSpec } from './validate.ts';

const U8 = { kind: 'integer', signed: false, bits: 8, base: 10 } as const;
const EVERY_KIND: readonly NamedFieldSpec[] = [
  { name: 'number', spec: { kind: 'integer', signed: true, bits: 64, base: 2 } },
  { name: 'ratio', spec: { kind: 'float', bits: 32 } },
  { name: 'flag', spec: { kind: 'boolean' } },
  { name: 'name', spec: { kind: 'string' } },
  { name: 'body', spec: { kind: 'text' } },
  { name: 'state', spec: { kind: 'enumeration', container: U8, ranges: [['ON', '1', '1']] } },
  { name: 'matrix', spec: { kind: 'array', length: 2, element: { kind: 'array', length: 3, element: U8 } } },
  { name: 'rows', spec: { kind: 'sequence', element: { kind: 'sequence', element: { kind: 'string' } } } },
  { name: 'point', spec: { kind: 'structure', members: [{ name: 'x', spec: U8 }] } },
  { name: 'maybe', spec: { kind: 'optional', content: { kind: 'optional', content: { kind: 'text' } } } },
  { name: 'blob', spec: { kind: 'bytes' } },
  { name: 'hidden', spec: { kind: 'filter-only', content: { kind: 'string' } } },
];

describe('a description of an event', () => {
  it('comes out of JSON as it went in, for every kind of field', () => {
    const event = { name: 'shop:order_placed', logLevel: 6, fields: EVERY_KIND };
    expect(parseEventSpec(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('is returned without properties that do not belong to it', () => {
    const spec = { ...U8, extra: 1 };
    const parsed = parseEventSpec({ name: 'a:b', logLevel: 0, fields: [{ name: 'x', spec, extra: 2 }], extra: 3 });
    expect(parsed).toEqual({ name: 'a:b', logLevel: 0, fields: [{ name: 'x', spec: U8 }] });
  });

  it.each([null, 1, 'text', [], true, undefined])('is refused when it is %j', (json) => {
    expectRefused(json, 'BAD_SPEC', '$');
  });

  it.each([
    ['', 'BAD_NAME'],
    ['no colon', 'BAD_NAME'],
    [':event', 'BAD_NAME'],
    ['provider:', 'BAD_NAME'],
    ['a:"quoted"', 'BAD_NAME'],
    ['a:back\\slash', 'BAD_NAME'],
    ['a:line\nfeed', 'BAD_NAME'],
    ['a:\u0085', 'BAD_NAME'],
    ['a:\u2028', 'BAD_NAME'],
    ['a:\ud800', 'BAD_NAME'],
    [`a:${'é'.repeat(128)}`, 'TOO_LARGE'],
    [7, 'BAD_SPEC'],
  ] as const)('is refused with the name %j', (name, code) => {
    expectRefused({ name, logLevel: 0, fields: [] }, code, '$.name');
  });

  it('may have a name of 256 bytes, with any printable characters', () => {
    const name = `a:${'é'.repeat(127)}`;
    expect(parseEventSpec({ name, logLevel: 0, fields: [] }).name).toBe(name);
  });

  it.each([-1, 15, 0.5, '6', null])('is refused with the log level %j', (logLevel) => {
    const code = typeof logLevel === 'number' && Number.isInteger(logLevel) ? 'TOO_LARGE' : 'BAD_SPEC';
    expectRefused({ name: 'a:b', logLevel, fields: [] }, code, '$.logLevel');
  });

  it.each(['', '1st', 'a-b', 'a b', 'naïve', 'a;', 'x\n', 'Bool', 'Complex', 'Imaginary'])(
    'is refused with a field named %j',
    (name) => {
      expectFieldsRefused([{ name, spec: U8 }], 'BAD_NAME', '$.fields[0].name');
    },
  );

  it.each(['int', 'string', 'event', 'struct', '_Bool', '__proto__', '_'])('may have a field named %j', (name) => {
    const fields = [{ name, spec: U8 }];
    expect(parseEventSpec({ name: 'a:b', logLevel: 0, fields }).fields).toEqual(fields);
  });

  it('is refused with a field name of more than 256 bytes', () => {
    expectFieldsRefused([{ name: 'x'.repeat(257), spec: U8 }], 'TOO_LARGE', '$.fields[0].name');
  });

  it('is refused when two members would have one name, lengths and tags included', () => {
    const sequence = { kind: 'sequence', element: U8 } as const;
    const optional = { kind: 'optional', content: U8 } as const;
    const clashes: FieldSpec[][] = [
      [U8, U8],
      [U8, sequence],
    ];
    for (const [first, second] of clashes) {
      expectFieldsRefused(
        [
          { name: 'x', spec: first },
          { name: 'x', spec: second },
        ],
        'NAME_CLASH',
        '$.fields[1]',
      );
    }
    expectFieldsRefused(
      [
        { name: '_x_length', spec: U8 },
        { name: 'x', spec: sequence },
      ],
      'NAME_CLASH',
      '$.fields[1]',
    );
    expectFieldsRefused(
      [
        { name: 'x', spec: { kind: 'text' } },
        { name: '_x_length', spec: U8 },
      ],
      'NAME_CLASH',
      '$.fields[1]',
    );
    expectFieldsRefused(
      [
        { name: '_x_tag', spec: U8 },
        { name: 'x', spec: optional },
      ],
      'NAME_CLASH',
      '$.fields[1]',
    );
  });

  it('is refused with a member after one of the same name with an underscore before it', () => {
    expectFieldsRefused(
      [
        { name: '_x', spec: U8 },
        { name: 'x', spec: U8 },
      ],
      'NAME_CLASH',
      '$.fields[1]',
    );
    const fields = [
      { name: 'x', spec: U8 },
      { name: '_x', spec: U8 },
    ];
    expect(parseEventSpec({ name: 'a:b', logLevel: 0, fields }).fields).toEqual(fields);
  });

  it('may have members of one name in different structures', () => {
    const inner = { kind: 'structure', members: [{ name: 'x', spec: U8 }] };
    const fields = [
      { name: 'x', spec: U8 },
      { name: 'inner', spec: inner },
    ];
    expect(parseEventSpec({ name: 'a:b', logLevel: 0, fields }).fields).toEqual(fields);
  });

  it.each([
    [{ kind: 'integer', signed: false, bits: 24, base: 10 }, 'BAD_SPEC', '.bits'],
    [{ kind: 'integer', signed: 1, bits: 8, base: 10 }, 'BAD_SPEC', '.signed'],
    [{ kind: 'integer', signed: true, bits: 8, base: 7 }, 'BAD_SPEC', '.base'],
    [{ kind: 'float', bits: 16 }, 'BAD_SPEC', '.bits'],
    [{ kind: 'no such kind' }, 'BAD_SPEC', '.kind'],
    [{}, 'BAD_SPEC', '.kind'],
    [null, 'BAD_SPEC', ''],
    [{ kind: 'array', element: U8, length: -1 }, 'TOO_LARGE', '.length'],
    [{ kind: 'array', element: U8, length: 65_537 }, 'TOO_LARGE', '.length'],
    [{ kind: 'array', element: U8, length: 1.5 }, 'BAD_SPEC', '.length'],
    [{ kind: 'array', length: 1 }, 'BAD_SPEC', '.element'],
    [{ kind: 'sequence', element: { kind: 'structure', members: [] } }, 'BAD_SPEC', '.element'],
    [{ kind: 'sequence', element: { kind: 'array', element: U8, length: 0 } }, 'BAD_SPEC', '.element'],
    [{ kind: 'sequence', element: { kind: 'filter-only', content: U8 } }, 'BAD_SPEC', '.element'],
    [{ kind: 'structure', members: { length: 1 } }, 'BAD_SPEC', '.members'],
    [
      { kind: 'structure', members: [{ name: 'a', spec: { kind: 'filter-only', content: U8 } }] },
      'BAD_SPEC',
      '.members[0].spec',
    ],
    [{ kind: 'optional' }, 'BAD_SPEC', '.content'],
    [{ kind: 'enumeration', container: { kind: 'float', bits: 32 }, ranges: [] }, 'BAD_SPEC', '.container.signed'],
    [{ kind: 'enumeration', container: U8, ranges: [] }, 'BAD_RANGE', '.ranges'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', '2', '1']] }, 'BAD_RANGE', '.ranges[0]'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', '0', '256']] }, 'BAD_RANGE', '.ranges[0][2]'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', '-1', '0']] }, 'BAD_RANGE', '.ranges[0][1]'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', 0, 0]] }, 'BAD_SPEC', '.ranges[0][1]'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', '0x1', '1']] }, 'BAD_SPEC', '.ranges[0][1]'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', '9'.repeat(10_000), '1']] }, 'BAD_SPEC', '.ranges[0][1]'],
    [{ kind: 'enumeration', container: U8, ranges: [['A', '0', '1', '2']] }, 'TOO_LARGE', '.ranges[0]'],
    [{ kind: 'enumeration', container: U8, ranges: [['', '0', '1']] }, 'BAD_NAME', '.ranges[0][0]'],
    [{ kind: 'enumeration', container: U8, ranges: [['a\nb', '0', '1']] }, 'BAD_NAME', '.ranges[0][0]'],
  ] as const)('is refused with the field %j', (spec, code, at) => {
    expectFieldsRefused([{ name: 'x', spec }], code, `$.fields[0].spec${at}`);
  });

  it('may be nested eight deep, and no deeper', () => {
    const nested = (depth: number): FieldSpec => (depth === 1 ? U8 : { kind: 'sequence', element: nested(depth - 1) });
    const event = (depth: number) => ({ name: 'a:b', logLevel: 0, fields: [{ name: 'x', spec: nested(depth) }] });
    expect(parseEventSpec(event(8))).toEqual(event(8));
    expectRefused(event(9), 'TOO_LARGE', `$.fields[0].spec${'.element'.repeat(8)}`);
  });

  it('may have 1,024 fields, at all depths together, and no more', () => {
    const members = Array.from({ length: 1023 }, (_, i) => ({ name: `f${i}`, spec: U8 }));
    const fields = [{ name: 'inner', spec: { kind: 'structure', members } }];
    expect(parseEventSpec({ name: 'a:b', logLevel: 0, fields }).fields).toEqual(fields);
    expectFieldsRefused([...fields, { name: 'more', spec: U8 }], 'TOO_LARGE', '$.fields[1].spec');
    expectFieldsRefused(new Array(1025), 'TOO_LARGE', '$.fields');
  });

  it('is refused when arrays of arrays make its records too large for a ring', () => {
    const long = (element: unknown) => ({ kind: 'array', element, length: 65_536 });
    expectFieldsRefused([{ name: 'x', spec: long(long(U8)) }], 'TOO_LARGE', '$.fields[0].spec');
    const sequence = { kind: 'sequence', element: long(long(U8)) };
    expectFieldsRefused([{ name: 'x', spec: sequence }], 'TOO_LARGE', '$.fields[0].spec.element');
    const many = Array.from({ length: 257 }, (_, i) => ({ name: `x${i}`, spec: long(U8) }));
    expectFieldsRefused(many, 'TOO_LARGE', '$.fields');
  });

  it('is taken or refused with a SpecError, whatever it is', () => {
    const damaged = fc.letrec((tie) => ({
      any: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), tie('spec'), fc.array(tie('any'), { maxLength: 4 })),
      spec: fc.record(
        {
          kind: fc.constantFrom('integer', 'array', 'sequence', 'structure', 'optional', 'enumeration', 'text', 'x'),
          element: tie('any'),
          content: tie('any'),
          container: tie('any'),
          members: fc.array(fc.record({ name: fc.constantFrom('a', '_a', 'a_length', ''), spec: tie('any') })),
          ranges: tie('any'),
          length: fc.oneof(fc.integer(), fc.double()),
          signed: fc.boolean(),
          bits: fc.constantFrom(8, 64, 7),
          base: fc.constantFrom(10, 3),
        },
        { requiredKeys: ['kind'] },
      ),
      event: fc.record({
        name: fc.constantFrom('a:b', ':', 3),
        logLevel: fc.constantFrom(0, 99),
        fields: fc.array(fc.record({ name: fc.string(), spec: tie('any') })),
      }),
    }));
    fc.assert(
      fc.property(fc.oneof(damaged.event, damaged.any), (json) => {
        try {
          parseEventSpec(json);
        } catch (error) {
          expect(error).toBeInstanceOf(SpecError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function expectFieldsRefused(fields: unknown, code: SpecErrorCode, at: string): void {
  expectRefused({ name: 'a:b', logLevel: 0, fields }, code, at);
}

function expectRefused(json: unknown, code: SpecErrorCode, at: string): void {
  let thrown: unknown;
  try {
    parseEventSpec(json);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SpecError);
  const { code: thrownCode, at: thrownAt } = thrown as SpecError;
  expect({ code: thrownCode, at: thrownAt }).toEqual({ code, at });
}
