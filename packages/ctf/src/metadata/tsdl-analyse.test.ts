import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldClass, StructureFieldClass } from '../model/field-class.ts';
import { linkDataStreamClass } from '../model/link.ts';
import type { TraceClass } from '../model/trace-class.ts';
import { compactEventHeaderClass } from '../packet/event-header.ts';
import { packetContextClass, packetHeaderClass } from '../packet/packet-header.ts';
import type { NamedFieldSpec } from '../schema/field-spec.ts';
import { lowerFields } from '../schema/lower.ts';
import { MetadataError } from './parse-error.ts';
import { printTsdl } from './print-tsdl.ts';
import { parseTsdl } from './tsdl-analyse.ts';

const TRACE = 'trace { major = 1; minor = 8; byte_order = le; };\n';

/** The payload of an event with these fields, declared after `before`. */
function payload(fields: string, before = ''): StructureFieldClass {
  const text = `/* CTF 1.8 */\n${before}${TRACE}event { name = e; fields := struct { ${fields} }; };`;
  return parseTsdl(text).dataStreamClasses[0]!.eventRecordClasses[0]!.payload!;
}

function field(declaration: string, before = ''): FieldClass {
  return payload(declaration, before).members.at(-1)!.fieldClass;
}

describe('TSDL types', () => {
  it('reads every attribute of integers', () => {
    expect(field('integer { size = 7; signed = true; base = hex; encoding = none; byte_order = network; } x;')).toEqual(
      {
        kind: 'integer',
        bits: 7,
        align: 1,
        signed: true,
        byteOrder: 'be',
        base: 16,
        encoding: 'none',
      },
    );
    expect(field('integer { size = 0x10; align = 32; base = 8; encoding = UTF8; whatever = word; } x;')).toMatchObject({
      bits: 16,
      align: 32,
      signed: false,
      byteOrder: 'le',
      base: 8,
      encoding: 'utf8',
    });
  });

  it('reads floating point numbers and strings', () => {
    expect(field('floating_point { exp_dig = 11; mant_dig = 53; byte_order = be; } x;')).toEqual({
      kind: 'float',
      bits: 64,
      align: 8,
      byteOrder: 'be',
    });
    expect(field('string x;')).toEqual({ kind: 'string', encoding: 'utf8' });
    expect(field('string { encoding = ASCII; } x;')).toEqual({ kind: 'string', encoding: 'ascii' });
  });

  it('numbers the labels of enumerations that have no value, and reads ranges and negative values', () => {
    const fields = 'enum : integer { size = 8; signed = 1; } { A, B = -3, C, "two words" = 4 ... 6, E, } x;';
    expect(field(fields)).toMatchObject({
      kind: 'enumeration',
      mappings: [
        { label: 'A', lower: 0n, upper: 0n },
        { label: 'B', lower: -3n, upper: -3n },
        { label: 'C', lower: -2n, upper: -2n },
        { label: 'two words', lower: 4n, upper: 6n },
        { label: 'E', lower: 7n, upper: 7n },
      ],
    });
    expect(field('enum { A } x;', 'typealias integer { size = 32; } := int;')).toMatchObject({
      container: { bits: 32 },
    });
  });

  it('knows types by name: typealias, typedef, structures, enumerations and variants, inner names first', () => {
    const before = `
      typealias integer { size = 8; } := unsigned char;
      typealias unsigned char := const_char *;
      typedef unsigned char pair[2], single;
      struct point { single x; single y; } align(16);
      enum kind : single { ONE, TWO };
      variant either { single ONE; struct point TWO; };
    `;
    const { members } = payload('pair p; struct point at; enum kind k; variant either <k> v;', before);
    expect(members.map((m) => m.fieldClass)).toMatchObject([
      { kind: 'static-array', length: 2, element: { bits: 8 } },
      { kind: 'structure', align: 16, members: [{ name: 'x' }, { name: 'y' }] },
      { kind: 'enumeration' },
      { kind: 'variant', selector: { path: ['k'] }, options: [{ name: 'ONE' }, { name: 'TWO' }] },
    ]);
    const shadowed = 'struct { typealias integer { size = 16; } := single; single inner; } s; single outer;';
    expect(payload(shadowed, before).members).toMatchObject([
      { fieldClass: { members: [{ name: 'inner', fieldClass: { bits: 16 } }] } },
      { name: 'outer', fieldClass: { bits: 8 } },
    ]);
  });

  it('reads arrays of arrays outermost first, as C does, and several declarators at once', () => {
    const { members } = payload('u8 n, a[2][3], s[n][4];', 'typealias integer { size = 8; } := u8;');
    expect(members.map((m) => m.fieldClass)).toMatchObject([
      { kind: 'integer' },
      { kind: 'static-array', length: 2, element: { kind: 'static-array', length: 3 } },
      { kind: 'dynamic-array', length: { path: ['n'] }, element: { kind: 'static-array', length: 4 } },
    ]);
  });

  it('removes one underscore from field names and their locations, none from labels and options', () => {
    const before = 'typealias integer { size = 8; } := u8;';
    const fields = `u8 __n; u8 _s[__n]; u8 _; enum : u8 { _a } _tag; variant <_tag> { u8 _a; } v;
      struct { u8 t[event.fields.__n]; } absolute;`;
    const { members } = payload(fields, before);
    expect(members.map((m) => m.name)).toEqual(['_n', 's', '', 'tag', 'v', 'absolute']);
    expect(members[1]!.fieldClass).toMatchObject({ length: { path: ['_n'] } });
    expect(members[4]!.fieldClass).toMatchObject({ selector: { path: ['tag'] }, options: [{ name: '_a' }] });
    expect(members[5]!.fieldClass).toMatchObject({
      members: [{ fieldClass: { length: { scope: 'event-record-payload', path: ['_n'] } } }],
    });
  });
});

describe('TSDL that readers let pass', () => {
  it('has arrays behind the name of a typealias, and const within it', () => {
    const before = 'typealias integer { size = 8; } := u8; typealias u8 := row[3]; typealias row := rows[2];';
    expect(field('rows x;', before)).toEqual(field('u8 x[2][3];', 'typealias integer { size = 8; } := u8;'));
    const constant = 'typealias integer { size = 8; } := const unsigned char;';
    expect(field('const unsigned char x;', constant)).toMatchObject({ kind: 'integer', bits: 8 });
  });

  it('has variants that are declared with their tag and used without it', () => {
    const before = 'variant choice <event.fields.tag> { string A; string B; };';
    const fields = 'enum : integer { size = 8; } { A, B } tag; variant choice x;';
    expect(field(fields, before)).toMatchObject({
      kind: 'variant',
      selector: { scope: 'event-record-payload', path: ['tag'] },
    });
    expect(() => field(fields, before.replace('event.fields.tag', 'tag'))).toThrow('there is no field tag');
  });

  it('has types of a clock that is not there, of which no field is', () => {
    const before = 'typealias integer { size = 8; map = clock.none.value; } := t8;';
    expect(field('integer { size = 8; } x;', before)).toMatchObject({ kind: 'integer' });
    for (const fields of ['t8 x;', 'struct { t8 y[2]; } x;', 'enum : t8 { A } x;']) {
      expect(() => field(fields, before)).toThrow('there is no clock none');
    }
  });
});

describe('TSDL texts', () => {
  const name = (text: string) =>
    parseTsdl(`/* CTF 1.8 */\n${TRACE}event { name = "${text}"; };`).dataStreamClasses[0]!.eventRecordClasses[0]!.name;

  it.each([
    ['a\\303\\251b', 'aéb'],
    ['\\xc3\\xa9', 'é'],
    ['é\\x41', 'éA'],
    ['a\\x414b', 'a\x14b'],
    ['a\\0b', 'a'],
    ['a\\400b', 'a'],
    ['a\\xg', 'a'],
    ['\\377', '\udcff'],
    ['\\t\\"\\\\\\?', '\t"\\?'],
  ])('has the bytes that escapes stand for, up to the first that is null: %s', (text, wanted) => {
    expect(name(text)).toBe(wanted);
  });
});

describe('TSDL names', () => {
  it('may be words of basic types, where nothing but a name can stand', () => {
    const before = 'typealias integer { size = 8; } := unsigned int;';
    expect(
      payload('unsigned int int; integer { size = 8; } long, char[2];', before).members.map((m) => m.name),
    ).toEqual(['int', 'long', 'char']);
  });

  it('keep their underscore if another field has the name without it', () => {
    const names = payload('string _a; string a; string __a; string __b; string _b;').members.map((m) => m.name);
    expect(names).toEqual(['_a', 'a', '__a', '_b', 'b']);
  });
});

describe('TSDL locations', () => {
  const before = `typealias integer { size = 8; } := u8; typealias integer { size = 16; } := u16;`;
  const tag = 'enum : u8 { X, Y } tag;';

  it('go through all options of a variant, or through that which holds the dependent field', () => {
    const links = (fields: string) => {
      const text = `${before}${TRACE}event { name = e; fields := struct { ${fields} }; };`;
      const trace = parseTsdl(text);
      const stream = trace.dataStreamClasses[0]!;
      return linkDataStreamClass(trace, stream).eventRecordClasses.get(stream.eventRecordClasses[0]!)!.references;
    };
    const through = links(`${tag} variant <tag> { struct { u8 n; } X; struct { string s; u16 n; } Y; } v; u8 a[v.n];`);
    expect(through.get('event-record-payload.a')!.targets).toMatchObject([{ bits: 8 }, { bits: 16 }]);
    const within = links(
      `${tag} variant <tag> { struct { u8 n; u8 a[event.fields.v.n]; } X; struct { string n; } Y; } v;`,
    );
    expect(within.get('event-record-payload.v<X>.a')!.targets).toHaveLength(1);
    const itself = links(`${tag} variant <tag> { u8 X; variant <tag> { u16 X; u8 Y; } Y; } n; u8 a[n];`);
    expect(itself.get('event-record-payload.a')!.targets).toHaveLength(3);
  });

  it('lead to the environment for lengths that are the same for all', () => {
    const env = `${before} env { n = 3; };`;
    expect(field('u8 a[env.n];', env)).toMatchObject({ kind: 'static-array', length: 3 });
  });

  it('are refused where they multiply without bound', () => {
    const options = Array.from({ length: 400 }, (_, i) => `o${i}`);
    const wide = `enum : u16 { ${options.join(', ')} } t; variant <t> { ${options.map((o) => `u8 ${o};`).join(' ')} } v;`;
    const many = Array.from({ length: 400 }, (_, i) => `u8 a${i}[v];`).join(' ');
    expect(() => payload(wide + many, before)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});

describe('TSDL blocks', () => {
  it('reads trace, environment, clocks, streams and events with their roles', () => {
    const trace = parseTsdl(`/* CTF 1.8 */
      typealias integer { size = 32; } := u32; // native byte order, declared below
      trace {
        major = 1; minor = 8; uuid = "2A6422d0-6cee-11e0-8c08-cb07d7b3a564"; byte_order = be;
        packet.header := struct { u32 magic; u32 stream_id; };
      };
      env { domain = "ust"; vpid = -7; tracer_name = "lttng-ust"; };
      clock { name = "mono"; freq = 10; offset_s = -5; offset = 3; uuid = "2a6422d0-6cee-11e0-8c08-cb07d7b3a564"; };
      stream {
        id = 4;
        packet.context := struct { u32 timestamp_begin; u32 content_size; u32 cpu_id; };
        event.header := struct {
          enum : integer { size = 5; align = 1; } { compact = 0 ... 30, extended = 31 } id;
          variant <id> {
            struct { integer { size = 27; align = 1; map = clock.mono.value; } timestamp; } compact;
            struct { u32 id; u32 timestamp; } extended;
          } v;
        } align(8);
        event.context := struct { u32 _vtid; };
      };
      event { name = "a:b"; id = 3; stream_id = 4; loglevel = 6; model.emf.uri = "http://x"; context := struct { u32 c; }; };
      callsite { name = "a:b"; func = "f"; };
    `);
    expect(trace).toMatchObject({
      version: { major: 1, minor: 8 },
      byteOrder: 'be',
      uuid: '2a6422d0-6cee-11e0-8c08-cb07d7b3a564',
      clockClasses: [{ name: 'mono', frequency: 10n, offsetSeconds: -5n, offsetCycles: 3n, originIsUnixEpoch: true }],
    });
    expect([...trace.environment]).toEqual([
      ['domain', 'ust'],
      ['vpid', -7n],
      ['tracer_name', 'lttng-ust'],
    ]);
    const [stream] = trace.dataStreamClasses;
    const rolesOf = (s: StructureFieldClass) =>
      s.members.map((m) => (m.fieldClass.kind === 'integer' ? m.fieldClass.roles : []));
    expect(rolesOf(trace.packetHeader!)).toEqual([['packet-magic-number'], ['data-stream-class-id']]);
    expect(rolesOf(stream!.packetContext!)).toEqual([
      ['default-clock-timestamp'],
      ['packet-content-length'],
      undefined,
    ]);
    expect(stream!.eventRecordHeader).toMatchObject({
      align: 8,
      members: [
        { fieldClass: { container: { roles: ['event-record-class-id'], byteOrder: 'be' } } },
        {
          fieldClass: {
            options: [
              { fieldClass: { members: [{ fieldClass: { clock: 'mono', roles: ['default-clock-timestamp'] } }] } },
              {
                fieldClass: {
                  members: [
                    { fieldClass: { roles: ['event-record-class-id'] } },
                    // A timestamp without a clock has the only one.
                    { fieldClass: { clock: 'mono', roles: ['default-clock-timestamp'] } },
                  ],
                },
              },
            ],
          },
        },
      ],
    });
    expect(stream!.eventRecordClasses).toMatchObject([
      { id: 3n, name: 'a:b', logLevel: 6, emfUri: 'http://x', specificContext: { members: [{ name: 'c' }] } },
    ]);
  });
});

describe('TSDL errors', () => {
  const inEvent = (fields: string) => `${TRACE}event { fields := struct {\n  ${fields} }; };`;

  /** The mark stands where the error is expected; it is no part of the text. */
  it.each([
    ['SYNTAX', '^trace ;'],
    ['SYNTAX', 'env ^"no end'],
    ['SYNTAX', '^/* no end'],
    ['SYNTAX', `${TRACE}clock { freq = ^12ab; };`],
    ['SYNTAX', `${TRACE}clock { name = c; }^`],
    ['SYNTAX', inEvent('string ^struct;')],
    ['SEMANTICS', '^clock { name = c; };'],
    ['SEMANTICS', inEvent('^nothing x;')],
    ['SEMANTICS', inEvent('^integer { align = 8; } x;')],
    ['SEMANTICS', inEvent('integer { size = ^-1; } x;')],
    ['SEMANTICS', inEvent('integer { size = 8; align = ^3; } x;')],
    ['SEMANTICS', inEvent('integer { size = 8; map = ^clock.no.value; } x;')],
    ['SEMANTICS', inEvent('string x, y[^n];')],
    ['SEMANTICS', inEvent('variant <^n> { string a; } v;')],
    ['SEMANTICS', inEvent('integer { size = 8; } n; variant <^n> { string a; } v;')],
    ['SEMANTICS', inEvent('enum : integer { size = 8; } { ^A = 256 } x;')],
    ['UNSUPPORTED', inEvent('integer { size = ^65; } x;')],
    ['SEMANTICS', inEvent('integer { size = 8; ^whatever = 3; } x;')],
    ['SEMANTICS', inEvent('integer { size = 8; ^size = 8; } x;')],
    ['SEMANTICS', inEvent('string { ^whatever = word; } x;')],
    ['SEMANTICS', inEvent('floating_point { exp_dig = 8; mant_dig = 24; ^whatever = word; } x;')],
    ['SEMANTICS', inEvent('integer { size = 8; signed = ^2; } x;')],
    ['SEMANTICS', inEvent('integer { size = 8; byte_order = ^"le"; } x;')],
    ['SEMANTICS', inEvent('enum : integer { size = 8; } { a } t; variant <^t> { string a; string b; } v;')],
    ['SEMANTICS', `struct unused { string t; variant <^t> { string a; } v; }; ${TRACE}`],
    ['SEMANTICS', `typealias integer { size = 8; } := u8; typedef u8 elsewhere[^n]; ${TRACE}`],
    ['SEMANTICS', inEvent('string x[^env.n];')],
    ['SEMANTICS', `${TRACE}env { n = "3"; }; event { fields := struct { string x[^env.n]; }; };`],
    ['SEMANTICS', `${TRACE}env { n = ^9223372036854775808; };`],
    ['SEMANTICS', `${TRACE}env { n = ^word; };`],
    ['SEMANTICS', `${TRACE}clock { name = c; offset = ^-1; };`],
    ['SEMANTICS', `${TRACE}clock { name = c; absolute = ^2; };`],
    ['SEMANTICS', `${TRACE}stream { event.context := struct {}; ^event.context := struct {}; };`],
    ['SEMANTICS', `${TRACE}event { name = e; loglevel = ^9223372036854775808; fields := struct { string s; }; };`],
    ['SEMANTICS', `${TRACE}^event { fields := struct { struct {} s; }; };`],
    ['SEMANTICS', '^trace { major = 1; minor = 7; byte_order = le; };'],
    ['SEMANTICS', 'trace { major = 1; ^whatever = 2; minor = 8; byte_order = le; };'],
    [
      'SEMANTICS',
      'trace { major = 1; minor = 8; byte_order = le; ^packet.header := struct { string s; integer { size = 32; } magic; }; };',
    ],
    ['SEMANTICS', inEvent('struct { enum : integer { size = 8; } { a } t; } s[1]; variant <^s.t> { string a; } v;')],
    ['SYNTAX', `${TRACE}env { s = ^"a\0b"; };`],
    ['UNSUPPORTED', inEvent(`string ^${'x'.repeat(5000)};`)],
    ['UNSUPPORTED', inEvent(`string x${'[1]'.repeat(64)}[^1]${'[1]'.repeat(5000)};`)],
  ])('%s at the mark in %j', (code, marked) => {
    const before = marked.slice(0, marked.indexOf('^')).split('\n');
    const place = { line: before.length, column: before.at(-1)!.length + 1 };
    const error = expect.objectContaining({ name: 'MetadataError', code, ...place });
    expect(() => parseTsdl(marked.replace('^', ''))).toThrow(error);
  });

  it('refuses types that grow without bound, however short their description is', () => {
    const doubling = ['struct t0 { string s; };'];
    for (let i = 1; i <= 60; i++) doubling.push(`struct t${i} { struct t${i - 1} a; struct t${i - 1} b; };`);
    expect(() => payload('struct t60 x;', doubling.join('\n'))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
    const chain = ['struct c0 { string s; };'];
    for (let i = 1; i <= 5000; i++) chain.push(`struct c${i} { struct c${i - 1} a; };`);
    expect(() => payload('struct c5000 x;', chain.join('\n'))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
    const nested = `${'struct { '.repeat(5000)}string s;${' } x;'.repeat(5000)}`;
    expect(() => payload(nested)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    const array = `string s${'[4000000000]'.repeat(40)};`;
    expect(() => payload(array)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it('meets any text with a trace or a MetadataError', () => {
    const words = `trace env clock stream event struct enum variant integer string floating_point typealias typedef { } { } ( ) [ ] < >
      ; ; ; = = := : , ... - 1 0x10 8 "text" name size align byte_order le fields packet.header event.header id a b a b`;
    const soup = fc.array(fc.constantFrom(...words.split(/\s+/)), { maxLength: 60 }).map((w) => w.join(' '));
    const base = inEvent('integer { size = 8; } n; string _s[n]; enum : integer { size = 3; } { A = 1 ... 2 } t;');
    const damaged = fc
      .tuple(fc.nat(base.length), fc.nat(20), fc.string({ maxLength: 5 }))
      .map(([at, length, text]) => base.slice(0, at) + text + base.slice(at + length));
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          soup.map((text) => TRACE + text),
          damaged,
          fc.string(),
        ),
        (text) => {
          try {
            expect(parseTsdl(text).version.major).toBe(1);
          } catch (error) {
            expect(error).toBeInstanceOf(MetadataError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('TSDL that was printed from the model', () => {
  it('is read as the same model', () => {
    const fields: NamedFieldSpec[] = [
      { name: 'i', spec: { kind: 'integer', signed: true, bits: 64, base: 16 } },
      { name: 'f', spec: { kind: 'float', bits: 32 } },
      { name: 's', spec: { kind: 'string' } },
      { name: 'struct', spec: { kind: 'text' } },
      { name: '_under', spec: { kind: 'bytes' } },
      {
        name: 'e',
        spec: {
          kind: 'enumeration',
          container: { kind: 'integer', signed: true, bits: 8, base: 10 },
          ranges: [
            ['a "b"', '-3', '-1'],
            ['c', '5', '5'],
          ],
        },
      },
      {
        name: 'nested',
        spec: {
          kind: 'structure',
          members: [
            { name: 'o', spec: { kind: 'optional', content: { kind: 'sequence', element: { kind: 'boolean' } } } },
            { name: 'a', spec: { kind: 'array', length: 3, element: { kind: 'text' } } },
          ],
        },
      },
    ];
    const trace: TraceClass = {
      version: { major: 1, minor: 8 },
      byteOrder: 'le',
      uuid: '2a6422d0-6cee-11e0-8c08-cb07d7b3a564',
      environment: new Map<string, string | bigint>([
        ['tracer_name', 'lttng-like'],
        ['n', -5n],
      ]),
      clockClasses: [
        {
          name: 'monotonic',
          description: 'a "clock"',
          frequency: 1_000_000_000n,
          precision: 1n,
          offsetSeconds: 5n,
          offsetCycles: 7n,
          originIsUnixEpoch: true,
        },
      ],
      packetHeader: packetHeaderClass(),
      dataStreamClasses: [
        {
          id: 3n,
          packetContext: packetContextClass('monotonic'),
          eventRecordHeader: compactEventHeaderClass('monotonic'),
          eventRecordClasses: [{ id: 2n, name: 'p:e', logLevel: 6, payload: lowerFields(fields, 1) }],
        },
      ],
    };
    const parsed = parseTsdl(printTsdl(trace));
    expect({ ...parsed, clockClasses: [] }).toEqual({ ...trace, clockClasses: [] });
    expect(parsed.clockClasses[0]).toMatchObject({ name: 'monotonic', offsetSeconds: 5n, offsetCycles: 7n });
  });
});
