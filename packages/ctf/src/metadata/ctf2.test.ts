import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldClass } from '../model/field-class.ts';
import { integerClass, member, structureClass } from '../model/field-class-builders.ts';
import type { TraceClass } from '../model/trace-class.ts';
import { parseCtf2 } from './ctf2-analyse.ts';
import { MetadataError } from './parse-error.ts';
import { printCtf2 } from './print-ctf2.ts';

type Json = Readonly<Record<string, unknown>>;

const PREAMBLE = { type: 'preamble', version: 2 };
const STREAM = { type: 'data-stream-class' };
const U8 = { type: 'fixed-length-unsigned-integer', length: 8, 'byte-order': 'little-endian' };
const CLOCK = { type: 'clock-class', id: 'c', frequency: 1000 };

const sequence = (...fragments: unknown[]) => fragments.map((f) => `\x1e${JSON.stringify(f)}\n`).join('');
const structure = (...fieldClasses: unknown[]) => ({
  type: 'structure',
  'member-classes': fieldClasses.map((fieldClass, i) => ({ name: `f${i}`, 'field-class': fieldClass })),
});
const event = (...fieldClasses: unknown[]) => ({
  type: 'event-record-class',
  'payload-field-class': structure(...fieldClasses),
});

/** The model of a field of the payload. */
function parsed(fieldClass: Json): FieldClass {
  const { dataStreamClasses } = parseCtf2(sequence(PREAMBLE, STREAM, event(fieldClass)));
  return dataStreamClasses[0]!.eventRecordClasses[0]!.payload!.members[0]!.fieldClass;
}

describe('fragments', () => {
  it('make a trace class', () => {
    const trace = parseCtf2(
      sequence(
        { ...PREAMBLE, uuid: Array.from({ length: 16 }, (_, i) => i) },
        { type: 'field-class-alias', name: 'u8', 'field-class': U8 },
        { type: 'field-class-alias', name: 'same', 'field-class': 'u8' },
        {
          type: 'clock-class',
          id: 'c',
          namespace: 'n',
          name: 'clock',
          uid: 'x',
          frequency: 1000,
          origin: { name: 'o', uid: '1' },
          'offset-from-origin': { seconds: -5, cycles: 999 },
          precision: 3,
          accuracy: 4,
          description: 'd',
        },
        { type: 'trace-class', name: 'T', uid: 'u', environment: { a: 1, b: 'two' } },
        { ...STREAM, id: 7, name: 's', 'default-clock-class-id': 'c' },
        {
          type: 'event-record-class',
          id: 20,
          'data-stream-class-id': 7,
          name: 'e',
          uid: 'E',
          attributes: {
            'lttng.org,2009': { 'log-level': 'debug:line', 'emf-uri': 'http://x', more: true },
            other: null,
          },
          'payload-field-class': structure('same'),
        },
      ),
    );
    expect(trace).toEqual({
      version: { major: 2, minor: 0 },
      byteOrder: 'le',
      uuid: '00010203-0405-0607-0809-0a0b0c0d0e0f',
      identity: { name: 'T', uid: 'u' },
      environment: new Map<string, unknown>([
        ['a', 1n],
        ['b', 'two'],
      ]),
      clockClasses: [
        {
          name: 'c',
          identity: { namespace: 'n', name: 'clock', uid: 'x' },
          frequency: 1000n,
          originIsUnixEpoch: false,
          origin: { name: 'o', uid: '1' },
          offsetSeconds: -5n,
          offsetCycles: 999n,
          precision: 3n,
          accuracy: 4n,
          description: 'd',
        },
      ],
      dataStreamClasses: [
        {
          id: 7n,
          name: 's',
          defaultClock: 'c',
          eventRecordClasses: [
            {
              id: 20n,
              name: 'e',
              uid: 'E',
              logLevel: 13,
              emfUri: 'http://x',
              attributes: { 'lttng.org,2009': { more: true }, other: null },
              payload: structureClass([member('f0', integerClass(8, { align: 1 }))]),
            },
          ],
        },
      ],
    });
  });

  it('may stand on several lines, with white space and nothing between them', () => {
    const text = `\x1e\n{"type":\n"preamble", "version": 2}\r\n\x1e \x1e{"type":"data-stream-class"}`;
    expect(parseCtf2(text).dataStreamClasses).toHaveLength(1);
  });

  it('give roles only where they have a meaning, and timestamps their clock', () => {
    const timestamp = { ...U8, roles: ['default-clock-timestamp', 'packet-magic-number'] };
    const { dataStreamClasses } = parseCtf2(
      sequence(
        PREAMBLE,
        CLOCK,
        { type: 'field-class-alias', name: 't', 'field-class': timestamp },
        { ...STREAM, 'default-clock-class-id': 'c', 'event-record-header-field-class': structure('t') },
        event('t'),
      ),
    );
    const [stream] = dataStreamClasses;
    const plain = integerClass(8, { align: 1 });
    expect(stream!.eventRecordHeader!.members[0]!.fieldClass).toEqual({
      ...plain,
      roles: ['default-clock-timestamp'],
      clock: 'c',
    });
    expect(stream!.eventRecordClasses[0]!.payload!.members[0]!.fieldClass).toEqual(plain);
    expect(stream!.defaultClock).toBeUndefined();
  });

  const path = (value: unknown) => ({ type: 'dynamic-length-string', 'length-field-location': { path: value } });
  const option = (...ranges: number[][]) => ({ 'field-class': U8, 'selector-field-ranges': ranges });
  const variant = (...options: unknown[]) => ({
    type: 'variant',
    options,
    'selector-field-location': { path: ['f0'] },
  });
  const header = (fieldClass: unknown) => ({ type: 'trace-class', 'packet-header-field-class': structure(fieldClass) });
  const magic = { ...U8, length: 32, roles: ['packet-magic-number'] };
  const payload = '.payload-field-class.member-classes[0].field-class';

  it.each([
    ['no preamble', [STREAM], 'SEMANTICS', 0, '.type'],
    ['a second preamble', [PREAMBLE, PREAMBLE], 'SEMANTICS', 1, ''],
    ['another version', [{ ...PREAMBLE, version: 3 }], 'UNSUPPORTED', 0, '.version'],
    ['a short UUID', [{ ...PREAMBLE, uuid: [1] }], 'SEMANTICS', 0, '.uuid'],
    ['an extension', [{ ...PREAMBLE, extensions: { me: { magic: 1 } } }], 'UNSUPPORTED', 0, '.extensions.me'],
    ['an unknown fragment', [PREAMBLE, { type: 'x' }], 'SEMANTICS', 1, '.type'],
    ['an unknown property', [PREAMBLE, { ...STREAM, x: 1 }], 'SEMANTICS', 1, '.x'],
    ['attributes that are no object', [PREAMBLE, { ...STREAM, attributes: 1 }], 'SEMANTICS', 1, '.attributes'],
    ['two trace classes', [PREAMBLE, { type: 'trace-class' }, { type: 'trace-class' }], 'SEMANTICS', 2, ''],
    ['a late trace class', [PREAMBLE, STREAM, { type: 'trace-class' }], 'SEMANTICS', 2, ''],
    [
      'an environment of reals',
      [PREAMBLE, { type: 'trace-class', environment: { a: 1.5 } }],
      'SEMANTICS',
      1,
      '.environment.a',
    ],
    ['two clocks of one identifier', [PREAMBLE, CLOCK, CLOCK], 'SEMANTICS', 2, '.id'],
    ['a clock that stands still', [PREAMBLE, { ...CLOCK, frequency: 0 }], 'SEMANTICS', 1, '.frequency'],
    [
      'an offset of too many cycles',
      [PREAMBLE, { ...CLOCK, 'offset-from-origin': { cycles: 1000 } }],
      'SEMANTICS',
      1,
      '.offset-from-origin',
    ],
    ['an unknown origin', [PREAMBLE, { ...CLOCK, origin: 'big-bang' }], 'SEMANTICS', 1, '.origin'],
    ['two stream classes of one number', [PREAMBLE, STREAM, STREAM], 'SEMANTICS', 2, ''],
    [
      'a clock that is not there',
      [PREAMBLE, { ...STREAM, 'default-clock-class-id': 'c' }],
      'SEMANTICS',
      1,
      '.default-clock-class-id',
    ],
    ['an event without a stream class', [PREAMBLE, { type: 'event-record-class' }], 'SEMANTICS', 1, ''],
    ['two events of one number', [PREAMBLE, STREAM, event(), event()], 'SEMANTICS', 3, ''],
    [
      'a root that is no structure',
      [PREAMBLE, { ...STREAM, 'packet-context-field-class': U8 }],
      'SEMANTICS',
      1,
      '.packet-context-field-class',
    ],
    [
      'a timestamp without a clock',
      [
        PREAMBLE,
        { ...STREAM, 'event-record-header-field-class': structure({ ...U8, roles: ['default-clock-timestamp'] }) },
      ],
      'SEMANTICS',
      1,
      '.event-record-header-field-class',
    ],
    ['an unknown role', [PREAMBLE, STREAM, event({ ...U8, roles: ['king'] })], 'SEMANTICS', 2, `${payload}.roles[0]`],
    [
      'a role of a signed integer',
      [PREAMBLE, STREAM, event({ ...U8, type: 'fixed-length-signed-integer', roles: [] })],
      'SEMANTICS',
      2,
      `${payload}.roles`,
    ],
    [
      'a short magic number',
      [PREAMBLE, header({ ...magic, length: 16 })],
      'SEMANTICS',
      1,
      '.packet-header-field-class',
    ],
    ['a hidden magic number', [PREAMBLE, header(structure(magic))], 'SEMANTICS', 1, '.packet-header-field-class'],
    [
      'a UUID that nobody knows',
      [PREAMBLE, header({ type: 'static-length-blob', length: 16, roles: ['metadata-stream-uuid'] })],
      'SEMANTICS',
      1,
      '.packet-header-field-class',
    ],
    ['an unknown alias', [PREAMBLE, STREAM, event('u8')], 'SEMANTICS', 2, payload],
    [
      'two members of one name',
      [
        PREAMBLE,
        STREAM,
        event({
          type: 'structure',
          'member-classes': [
            { name: 'a', 'field-class': U8 },
            { name: 'a', 'field-class': U8 },
          ],
        }),
      ],
      'SEMANTICS',
      2,
      `${payload}.member-classes[1].name`,
    ],
    ['no length', [PREAMBLE, STREAM, event({ ...U8, length: undefined })], 'SEMANTICS', 2, payload],
    ['an integer of 65 bits', [PREAMBLE, STREAM, event({ ...U8, length: 65 })], 'UNSUPPORTED', 2, `${payload}.length`],
    [
      'a length that is no whole number',
      [PREAMBLE, STREAM, event({ ...U8, length: 8.5 })],
      'SEMANTICS',
      2,
      `${payload}.length`,
    ],
    ['an alignment of 3', [PREAMBLE, STREAM, event({ ...U8, alignment: 3 })], 'SEMANTICS', 2, `${payload}.alignment`],
    [
      'a number of 24 bits',
      [PREAMBLE, STREAM, event({ ...U8, type: 'fixed-length-floating-point-number', length: 24 })],
      'SEMANTICS',
      2,
      `${payload}.length`,
    ],
    [
      'a number of 160 bits',
      [PREAMBLE, STREAM, event({ ...U8, type: 'fixed-length-floating-point-number', length: 160 })],
      'UNSUPPORTED',
      2,
      `${payload}.length`,
    ],
    [
      'a bit map without flags',
      [PREAMBLE, STREAM, event({ ...U8, type: 'fixed-length-bit-map', flags: {} })],
      'SEMANTICS',
      2,
      `${payload}.flags`,
    ],
    [
      'a range that ends before it begins',
      [PREAMBLE, STREAM, event({ ...U8, mappings: { a: [[2, 1]] } })],
      'SEMANTICS',
      2,
      `${payload}.mappings.a[0]`,
    ],
    [
      'a path that ends with null',
      [PREAMBLE, STREAM, event(U8, path([null]))],
      'SEMANTICS',
      2,
      '.payload-field-class.member-classes[1].field-class.length-field-location.path[0]',
    ],
    [
      'a path out of the event',
      [PREAMBLE, STREAM, event(U8, path([null, 'f0']))],
      'SEMANTICS',
      2,
      '.payload-field-class.member-classes[1].field-class.length-field-location.path',
    ],
    [
      'a path to what comes later',
      [PREAMBLE, STREAM, event(path(['f1']), U8)],
      'SEMANTICS',
      2,
      `${payload}.length-field-location.path`,
    ],
    [
      'a path that only CTF 1.8 would follow',
      [PREAMBLE, STREAM, event(U8, structure(path(['f0'])))],
      'SEMANTICS',
      2,
      '.payload-field-class.member-classes[1].field-class.member-classes[0].field-class.length-field-location.path',
    ],
    [
      'a variant without options',
      [PREAMBLE, STREAM, event(U8, variant())],
      'SEMANTICS',
      2,
      '.payload-field-class.member-classes[1].field-class.options',
    ],
    [
      'a value that selects two options',
      [PREAMBLE, STREAM, event(U8, variant(option([0, 5]), option([9, 9], [5, 5])))],
      'SEMANTICS',
      2,
      '.payload-field-class.member-classes[1].field-class.options',
    ],
    [
      'an optional field without ranges',
      [
        PREAMBLE,
        STREAM,
        event(U8, { type: 'optional', 'field-class': U8, 'selector-field-location': { path: ['f0'] } }),
      ],
      'SEMANTICS',
      2,
      '.payload-field-class.member-classes[1].field-class.selector-field-location.path',
    ],
    [
      'an array of 2^40 bits',
      [
        PREAMBLE,
        STREAM,
        event({
          type: 'static-length-array',
          length: 2 ** 32 - 1,
          'element-field-class': structure(...new Array(40).fill(U8)),
        }),
      ],
      'UNSUPPORTED',
      2,
      payload,
    ],
  ] as const)('with %s are refused', (_, fragments, code, index, place) => {
    let error: unknown;
    try {
      parseCtf2(sequence(...fragments));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MetadataError);
    expect(error).toMatchObject({
      code,
      path: place === '' ? [`fragment ${index}`] : [`fragment ${index}`, place],
      line: index + 1,
    });
  });

  it('may let ranges of one option overlap', () => {
    expect(() =>
      parseCtf2(sequence(PREAMBLE, STREAM, event(U8, variant(option([0, 5], [3, 4]), option([6, 6]))))),
    ).not.toThrow();
  });

  it('that become too large when aliases are written out are refused before that', () => {
    const aliases = Array.from({ length: 60 }, (_, i) => ({
      type: 'field-class-alias',
      name: `a${i + 1}`,
      'field-class': structure(`a${i}`, `a${i}`),
    }));
    const first = { type: 'field-class-alias', name: 'a0', 'field-class': U8 };
    expect(() => parseCtf2(sequence(PREAMBLE, first, ...aliases, STREAM, event('a60')))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });
});

describe('JSON text', () => {
  it.each([
    ['', 1],
    ['{}', 1],
    ['\x1e{', 3],
    ['\x1e{"type":"preamble","version":2', 32],
    ['\x1e{"type":"preamble","version":2}}', 33],
    ['\x1e{"type":"preamble","type":2}', 21],
    ['\x1e{"type":"a\nb"}', 12],
    ['\x1e{"type":"\\x"}', 11],
    ['\x1e{"type":"\\u12g4"}', 11],
    ['\x1e{"type":01}', 11],
    ['\x1e{"type":+1}', 10],
    ['\x1e{"type":1e999}', 15],
    ['\x1e{"type":nul}', 10],
    ['\x1e{"type":1,}', 12],
    ['\x1e{type:1}', 3],
    ['\x1e[1 2]', 5],
    [`\x1e${'['.repeat(300)}`, 258],
  ])('%j is refused at column %i', (text, column) => {
    expect(() => parseCtf2(text)).toThrow(expect.objectContaining({ code: 'SYNTAX', line: 1, column }));
  });

  it('is read as JSON.parse reads it, but for whole numbers', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => {
        const attributes = { a: JSON.parse(json) };
        const { attributes: found } = parseCtf2(sequence(PREAMBLE, { type: 'trace-class', attributes }));
        const asNumbers = JSON.stringify(found, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
        expect(asNumbers).toBe(JSON.stringify(attributes));
      }),
    );
  });
});

describe('field classes', () => {
  it.each([
    [
      { type: 'static-length-string', length: 3, encoding: 'utf-16be' },
      { kind: 'static-array', length: 3, element: integerClass(8, { encoding: 'utf16be' }) },
    ],
    [{ ...U8, mappings: {} }, integerClass(8, { align: 1 })],
    [
      { ...U8, 'byte-order': 'big-endian', 'bit-order': 'last-to-first' },
      integerClass(8, { align: 1, byteOrder: 'be' }),
    ],
    [{ ...U8, 'bit-order': 'last-to-first' }, integerClass(8, { align: 1, bitsReversed: true })],
    [
      {
        ...U8,
        mappings: {
          '2': [[2, 2]],
          '1': [
            [1, 1],
            [3, 4],
          ],
        },
      },
      {
        kind: 'enumeration',
        container: integerClass(8, { align: 1 }),
        mappings: [
          { label: '1', lower: 1n, upper: 1n },
          { label: '1', lower: 3n, upper: 4n },
          { label: '2', lower: 2n, upper: 2n },
        ],
      },
    ],
    [
      { type: 'variable-length-signed-integer', 'preferred-display-base': 16 },
      { kind: 'variable-integer', signed: true, base: 16 },
    ],
    [
      { type: 'static-length-blob', length: 0, 'media-type': 'a/b' },
      { kind: 'static-blob', length: 0, mediaType: 'a/b' },
    ],
    [
      { type: 'structure', 'minimum-alignment': 8, attributes: { me: { x: [1, 1.5, null] } } },
      { kind: 'structure', members: [], align: 8, attributes: { me: { x: [1n, 1.5, null] } } },
    ],
  ] as const)('%j', (json, fieldClass) => {
    expect(parsed(json)).toEqual(fieldClass);
  });
});

/** Field classes without locations of their own, in every kind and shape. */
const fieldClasses: fc.Arbitrary<FieldClass> = fc.letrec<{ any: FieldClass }>((tie) => {
  const bitField = fc.record({
    align: fc.constantFrom(1, 2, 8, 32),
    byteOrder: fc.constantFrom('le', 'be'),
    attributes: fc.constantFrom(undefined, { me: { x: 1n } }),
    bitsReversed: fc.constantFrom(undefined, true),
  });
  const bits = fc.integer({ min: 1, max: 64 });
  const base = fc.constantFrom(2, 8, 10, 16);
  const encoding = fc.constantFrom('utf8', 'utf16be', 'utf16le', 'utf32be', 'utf32le');
  const range = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((lower) => ({ lower, upper: lower }));
  const fixed = fc
    .tuple(bitField, bits, fc.boolean(), base)
    .map(([field, n, signed, b]) => ({ kind: 'integer', ...field, bits: n, signed, base: b, encoding: 'none' }));
  const variable = fc.record({ kind: fc.constant('variable-integer'), signed: fc.boolean(), base });
  const labels = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 });
  return {
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fixed,
      variable,
      fc.tuple(fc.oneof(fixed, variable), labels, range).map(([container, names, r]) => ({
        kind: 'enumeration',
        container,
        mappings: names.map((label) => ({ label, ...r })),
      })),
      fc.tuple(bitField, fc.constantFrom(16, 32, 64, 128)).map(([f, n]) => ({ kind: 'float', ...f, bits: n })),
      fc.tuple(bitField, bits).map(([field, n]) => ({ kind: 'boolean', ...field, bits: n })),
      fc.tuple(bitField, bits, fc.option(labels, { nil: undefined })).map(([field, n, names]) => ({
        kind: 'bit-array',
        ...field,
        bits: n,
        flags: names?.map((name, i) => ({ name, lower: i, upper: i + 1 })),
      })),
      encoding.map((e) => ({ kind: 'string', encoding: e })),
      fc.tuple(encoding, fc.nat(50)).map(([e, length]) => ({
        kind: 'static-array',
        element: integerClass(8, { encoding: e as 'utf8' }),
        length,
      })),
      fc.record({
        kind: fc.constant('static-blob'),
        length: fc.nat(50),
        mediaType: fc.option(fc.string(), { nil: undefined }),
      }),
      fc.record({
        kind: fc.constant('static-array'),
        element: tie('any'),
        length: fc.nat(9),
        align: fc.constantFrom(undefined, 16),
      }),
      fc.record({
        kind: fc.constant('structure'),
        members: fc.uniqueArray(fc.record({ name: fc.string(), fieldClass: tie('any') }), {
          maxLength: 4,
          selector: ({ name }) => name,
        }),
        align: fc.constantFrom(1, 8),
      }),
    ) as fc.Arbitrary<FieldClass>,
  };
}).any;

/** With a length, a boolean and an integer before it, which fields depend on. */
const payloads = fc.array(fieldClasses, { maxLength: 4 }).map((all) => {
  const path = ['n'];
  const dependents: FieldClass[] = all.flatMap((fieldClass, i): FieldClass[] => [
    fieldClass,
    { kind: 'dynamic-array', element: fieldClass, length: { path } },
    { kind: 'optional', selector: { scope: 'event-record-payload', path: ['has'] }, content: fieldClass },
    { kind: 'optional', selector: { path }, ranges: [{ lower: BigInt(i), upper: 9n }], content: fieldClass },
    {
      kind: 'variant',
      selector: { path },
      options: [
        { name: '', fieldClass, ranges: [{ lower: 0n, upper: 3n }] },
        {
          name: 'b',
          fieldClass: structureClass([member('x', { kind: 'dynamic-blob', length: { path, outer: 1 } })]),
          ranges: [{ lower: 4n, upper: 4n }],
        },
      ],
    },
  ]);
  return structureClass([
    member('n', integerClass(8)),
    member('has', { kind: 'boolean', bits: 1, align: 1, byteOrder: 'le' }),
    ...dependents.map((fieldClass, i) => member(`f${i}`, fieldClass)),
  ]);
});

function traceOf(payload: ReturnType<typeof structureClass>): TraceClass {
  return {
    version: { major: 2, minor: 0 },
    byteOrder: 'le',
    identity: { name: 'T', uid: 'u' },
    environment: new Map(),
    clockClasses: [],
    dataStreamClasses: [{ id: 0n, eventRecordClasses: [{ id: 0n, name: 'e', payload }] }],
  };
}

describe('metadata that we print', () => {
  it('is read as the trace class that was printed', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const trace = traceOf(payload);
        expect(parseCtf2(printCtf2(trace))).toEqual(trace);
      }),
      { numRuns: 200 },
    );
  });

  it('and was damaged then makes a trace class, or a located error, and nothing else', () => {
    const words = [
      '"path"',
      'null',
      '[',
      '{',
      '}',
      ']',
      ',',
      '-1',
      '1e400',
      '18446744073709551616',
      '"structure"',
      '\x1e',
      '"f0"',
      '""',
    ];
    const damages = fc.array(fc.tuple(fc.nat(), fc.nat(20), fc.constantFrom(...words, '')), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(payloads, damages, (payload, all) => {
        let text = printCtf2(traceOf(payload));
        for (const [at, length, word] of all) {
          const from = at % text.length;
          text = text.slice(0, from) + word + text.slice(from + length);
        }
        try {
          parseCtf2(text);
        } catch (error) {
          expect(error).toBeInstanceOf(MetadataError);
          expect((error as MetadataError).line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('in which values were exchanged makes a trace class, or a located error, and nothing else', () => {
    const exchanges = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.json({ maxDepth: 1 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(payloads, exchanges, (payload, all) => {
        const values = printCtf2(traceOf(payload)).split(/([[\]{},:])/);
        for (const [i, j, other] of all) values[i % values.length] = j % 3 === 0 ? other : values[j % values.length]!;
        try {
          parseCtf2(values.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(MetadataError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
