import { describe, expect, it } from 'vitest';
import type { FieldClass } from '../model/field-class.ts';
import { integerClass, member, staticArrayClass, structureClass } from '../model/field-class-builders.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import { compactEventHeaderClass, largeEventHeaderClass } from '../packet/event-header.ts';
import { packetContextClass, packetHeaderClass } from '../packet/packet-header.ts';
import { ctf2DataStreamClass, ctf2EventRecordClass, ctf2Preamble, printCtf2 } from './print-ctf2.ts';
import { MetadataPrintError } from './print-error.ts';

const EVENT: EventRecordClass = { id: 3n, name: 'a:b', logLevel: 13, payload: structureClass([]) };
const STREAM: DataStreamClass = {
  id: 0n,
  packetContext: packetContextClass('monotonic'),
  eventRecordHeader: compactEventHeaderClass('monotonic'),
  eventRecordClasses: [EVENT],
};
const TRACE: TraceClass = {
  version: { major: 2, minor: 0 },
  byteOrder: 'le',
  uuid: '8dddfa5e-2176-4603-b835-1569e89fca91',
  environment: new Map<string, string | bigint>([['big', 2n ** 63n - 1n]]),
  clockClasses: [
    {
      name: 'monotonic',
      description: 'Monotonic clock',
      frequency: 1_000_000_000n,
      offsetSeconds: -1n,
      offsetCycles: 5n,
      precision: 1n,
      uuid: 'ed816344-041c-4a68-a9d1-6d3fa37a6914',
      originIsUnixEpoch: true,
    },
  ],
  packetHeader: packetHeaderClass(),
  dataStreamClasses: [STREAM],
};
const U8 = { type: 'fixed-length-unsigned-integer', length: 8, alignment: 8, 'byte-order': 'little-endian' };

describe('metadata of CTF 2', () => {
  it('is the preamble, then each data stream class and its event record classes', () => {
    const text = printCtf2(TRACE);
    expect(text).toBe(
      ctf2Preamble(TRACE) + ctf2DataStreamClass(TRACE, STREAM) + ctf2EventRecordClass(TRACE, STREAM, EVENT),
    );
    expect(fragments(text).map(({ type }) => type)).toEqual([
      'preamble',
      'trace-class',
      'clock-class',
      'data-stream-class',
      'event-record-class',
    ]);
  });

  it('puts each fragment on a line of its own behind a record separator', () => {
    const lines = printCtf2({ ...TRACE, environment: new Map([['x', '\n\u001e']]) }).split('\n');
    expect(lines.pop()).toBe('');
    for (const line of lines) expect(line.split('\u001e')).toEqual(['', expect.stringMatching(/^\{.*\}$/)]);
  });

  it('has version and UUID of the metadata first, then the trace and its clock', () => {
    const [preamble, trace, clock] = fragments(ctf2Preamble(TRACE));
    const uuid = [0x8d, 0xdd, 0xfa, 0x5e, 0x21, 0x76, 0x46, 0x03, 0xb8, 0x35, 0x15, 0x69, 0xe8, 0x9f, 0xca, 0x91];
    expect(preamble).toEqual({ type: 'preamble', version: 2, uuid });
    expect(trace).toMatchObject({ namespace: 'lttng.org,2009', name: '', uid: TRACE.uuid });
    expect(clock).toEqual({
      type: 'clock-class',
      id: 'monotonic',
      name: 'monotonic',
      uid: 'ed816344-041c-4a68-a9d1-6d3fa37a6914',
      description: 'Monotonic clock',
      frequency: 1_000_000_000,
      precision: 1,
      origin: 'unix-epoch',
      'offset-from-origin': { seconds: -1, cycles: 5 },
    });
  });

  it('writes whole numbers beyond 2^53 exactly', () => {
    expect(ctf2Preamble(TRACE)).toContain('"environment":{"big":9223372036854775807}');
    const mappings = [{ label: 'max', lower: 2n ** 64n - 1n, upper: 2n ** 64n - 1n }];
    expect(eventText({ kind: 'enumeration', container: integerClass(64), mappings })).toContain(
      '"mappings":{"max":[[18446744073709551615,18446744073709551615]]}',
    );
  });

  it('gives the members of headers and packet contexts their roles', () => {
    const [, trace] = fragments(ctf2Preamble(TRACE));
    const [stream] = fragments(ctf2DataStreamClass(TRACE, STREAM));
    expect(rolesIn(trace?.['packet-header-field-class'])).toEqual({
      magic: ['packet-magic-number'],
      uuid: ['metadata-stream-uuid'],
      stream_id: ['data-stream-class-id'],
      stream_instance_id: ['data-stream-id'],
    });
    expect(rolesIn(stream?.['packet-context-field-class'])).toEqual({
      timestamp_begin: ['default-clock-timestamp'],
      timestamp_end: ['packet-end-default-clock-timestamp'],
      content_size: ['packet-content-length'],
      packet_size: ['packet-total-length'],
      packet_seq_num: ['packet-sequence-number'],
      events_discarded: ['discarded-event-record-counter-snapshot'],
    });
    expect(stream?.['default-clock-class-id']).toBe('monotonic');
  });

  it('selects the form of an event header by the ranges of its identifier', () => {
    const [stream] = fragments(
      ctf2DataStreamClass(TRACE, { ...STREAM, eventRecordHeader: largeEventHeaderClass('c') }),
    );
    expect(stream?.['event-record-header-field-class']).toMatchObject({
      type: 'structure',
      'minimum-alignment': 8,
      'member-classes': [
        {
          name: 'id',
          'field-class': {
            length: 16,
            roles: ['event-record-class-id'],
            mappings: { compact: [[0, 65_534]], extended: [[65_535, 65_535]] },
          },
        },
        {
          name: 'v',
          'field-class': {
            type: 'variant',
            'selector-field-location': { path: ['id'] },
            options: [
              { name: 'compact', 'selector-field-ranges': [[0, 65_534]] },
              { name: 'extended', 'selector-field-ranges': [[65_535, 65_535]] },
            ],
          },
        },
      ],
    });
  });

  it('puts log level and EMF URI among the attributes of LTTng', () => {
    const [event] = fragments(ctf2EventRecordClass(TRACE, STREAM, { ...EVENT, emfUri: 'http://x' }));
    expect(event).toEqual({
      type: 'event-record-class',
      id: 3,
      'data-stream-class-id': 0,
      name: 'a:b',
      attributes: { 'lttng.org,2009': { 'log-level': 'debug:line', 'emf-uri': 'http://x' } },
      'payload-field-class': { type: 'structure', 'member-classes': [] },
    });
    const [bare] = fragments(ctf2EventRecordClass(TRACE, STREAM, { id: 1n, name: 'a:c' }));
    expect(bare).toEqual({ type: 'event-record-class', id: 1, 'data-stream-class-id': 0, name: 'a:c' });
  });

  it.each([
    [integerClass(8), U8],
    [integerClass(5, { align: 1 }), { type: U8.type, length: 5, 'byte-order': 'little-endian' }],
    [
      integerClass(8, { signed: true, base: 16, byteOrder: 'be' }),
      { ...U8, type: 'fixed-length-signed-integer', 'byte-order': 'big-endian', 'preferred-display-base': 16 },
    ],
    [
      { kind: 'float', bits: 32, align: 8, byteOrder: 'le' },
      { ...U8, type: 'fixed-length-floating-point-number', length: 32 },
    ],
    [
      { kind: 'boolean', bits: 8, align: 8, byteOrder: 'le' },
      { ...U8, type: 'fixed-length-boolean' },
    ],
    [{ kind: 'string', encoding: 'utf8' }, { type: 'null-terminated-string' }],
    [staticArrayClass(integerClass(8), 2), { type: 'static-length-array', length: 2, 'element-field-class': U8 }],
    [staticArrayClass(integerClass(8, { encoding: 'utf8' }), 2), { type: 'static-length-string', length: 2 }],
    [
      { kind: 'dynamic-array', element: integerClass(8), length: { path: ['n'] } },
      { type: 'dynamic-length-array', 'length-field-location': { path: ['n'] }, 'element-field-class': U8 },
    ],
    [
      { kind: 'dynamic-array', element: integerClass(8, { encoding: 'utf8' }), length: { path: ['n'] } },
      { type: 'dynamic-length-string', 'length-field-location': { path: ['n'] } },
    ],
    [
      { kind: 'dynamic-blob', length: { scope: 'packet-context', path: ['n'] }, mediaType: 'image/png' },
      {
        type: 'dynamic-length-blob',
        'length-field-location': { origin: 'packet-context', path: ['n'] },
        'media-type': 'image/png',
      },
    ],
    [structureClass([], 32), { type: 'structure', 'minimum-alignment': 32, 'member-classes': [] }],
  ] as const satisfies [FieldClass, object][])('prints %j', (fieldClass, expected) => {
    const [event] = fragments(eventText(fieldClass));
    expect(event?.['payload-field-class']).toEqual({
      type: 'structure',
      'member-classes': [{ name: 'x', 'field-class': expected }],
    });
  });

  it('collects the ranges of a label that has several', () => {
    const mappings = [
      { label: 'a', lower: 0n, upper: 0n },
      { label: 'b', lower: 1n, upper: 1n },
      { label: 'a', lower: 5n, upper: 9n },
    ];
    expect(eventText({ kind: 'enumeration', container: integerClass(8), mappings })).toContain(
      '"mappings":{"a":[[0,0],[5,9]],"b":[[1,1]]}',
    );
  });

  it('finds the selector of a variant in a structure around it, or by its scope', () => {
    const tag = { label: 'some', lower: 1n, upper: 1n };
    const selector: FieldClass = { kind: 'enumeration', container: integerClass(8), mappings: [tag] };
    const variant = (scope?: 'event-record-payload'): FieldClass => ({
      kind: 'variant',
      selector: { path: ['tag'], ...(scope && { scope }) },
      options: [{ name: 'some', fieldClass: integerClass(8) }],
    });
    const payload = structureClass([
      member('tag', selector),
      member('inner', structureClass([member('near', variant()), member('far', variant('event-record-payload'))])),
    ]);
    const text = ctf2EventRecordClass(TRACE, STREAM, { ...EVENT, payload });
    expect(text.match(/"selector-field-ranges":\[\[1,1\]\]/g)).toHaveLength(2);
    expect(text).toContain('"selector-field-location":{"origin":"event-record-payload","path":["tag"]}');
  });

  it('refuses a variant whose selector is no enumeration, or selects no option', () => {
    const variant: FieldClass = {
      kind: 'variant',
      selector: { path: ['tag'] },
      options: [{ name: 'some', fieldClass: integerClass(8) }],
    };
    const print = (tag: FieldClass) => {
      const payload = structureClass([member('tag', tag), member('x', variant)]);
      return ctf2EventRecordClass(TRACE, STREAM, { ...EVENT, payload });
    };
    expect(() => print(integerClass(8))).toThrow(MetadataPrintError);
    expect(() => print({ kind: 'enumeration', container: integerClass(8), mappings: [] })).toThrow(MetadataPrintError);
    expect(() => eventText(variant)).toThrow(MetadataPrintError);
  });
});

type Fragment = Record<string, unknown>;

function fragments(text: string): Fragment[] {
  return text
    .split('\u001e')
    .slice(1)
    .map((line) => JSON.parse(line) as Fragment);
}

function rolesIn(structure: unknown): Record<string, unknown> {
  const members = (structure as { 'member-classes': { name: string; 'field-class': { roles?: unknown } }[] })[
    'member-classes'
  ];
  return Object.fromEntries(
    members.flatMap(({ name, 'field-class': { roles } }) => (roles === undefined ? [] : [[name, roles]])),
  );
}

function eventText(fieldClass: FieldClass): string {
  return ctf2EventRecordClass(TRACE, STREAM, { ...EVENT, payload: structureClass([member('x', fieldClass)]) });
}
