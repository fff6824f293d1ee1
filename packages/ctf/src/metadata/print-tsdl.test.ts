import { describe, expect, it } from 'vitest';
import type { FieldClass } from '../model/field-class.ts';
import { integerClass, member, staticArrayClass, structureClass } from '../model/field-class-builders.ts';
import type { EventRecordClass, TraceClass } from '../model/trace-class.ts';
import { compactEventHeaderClass } from '../packet/event-header.ts';
import { packetContextClass, packetHeaderClass } from '../packet/packet-header.ts';
import { MetadataPrintError } from './print-error.ts';
import { printTsdl, tsdlDataStreamClass, tsdlEventRecordClass, tsdlPreamble } from './print-tsdl.ts';

const EVENT: EventRecordClass = {
  id: 3n,
  name: 'shop:order_placed',
  logLevel: 6,
  payload: structureClass([member('id', integerClass(64))]),
};
const TRACE: TraceClass = {
  version: { major: 1, minor: 8 },
  byteOrder: 'le',
  uuid: '8dddfa5e-2176-4603-b835-1569e89fca91',
  environment: new Map<string, string | bigint>([
    ['hostname', 'a "host"'],
    ['tracer_major', -2n],
  ]),
  clockClasses: [
    {
      name: 'monotonic',
      frequency: 1_000_000_000n,
      offsetSeconds: 1_795_180_072n,
      offsetCycles: 928_619_643n,
      uuid: 'ed816344-041c-4a68-a9d1-6d3fa37a6914',
      originIsUnixEpoch: true,
    },
  ],
  packetHeader: packetHeaderClass(),
  dataStreamClasses: [
    {
      id: 0n,
      packetContext: packetContextClass('monotonic'),
      eventRecordHeader: compactEventHeaderClass('monotonic'),
      eventRecordClasses: [EVENT],
    },
  ],
};

describe('metadata of CTF 1.8', () => {
  it('is the preamble, then each data stream class and its event record classes', () => {
    const [stream] = TRACE.dataStreamClasses;
    if (stream === undefined) throw new Error('the trace class has a data stream class');
    expect(printTsdl(TRACE)).toBe(tsdlPreamble(TRACE) + tsdlDataStreamClass(stream) + tsdlEventRecordClass(0n, EVENT));
  });

  it('has version, trace, environment and clock first', () => {
    expect(tsdlPreamble(TRACE)).toBe(`/* CTF 1.8 */

trace {
	major = 1;
	minor = 8;
	uuid = "8dddfa5e-2176-4603-b835-1569e89fca91";
	byte_order = le;
	packet.header := struct {
		integer { size = 32; align = 8; signed = 0; encoding = none; base = 16; } magic;
		integer { size = 8; align = 8; signed = 0; encoding = none; base = 10; } uuid[16];
		integer { size = 32; align = 8; signed = 0; encoding = none; base = 10; } stream_id;
		integer { size = 64; align = 8; signed = 0; encoding = none; base = 10; } stream_instance_id;
	};
};

env {
	hostname = "a \\"host\\"";
	tracer_major = -2;
};

clock {
	name = "monotonic";
	uuid = "ed816344-041c-4a68-a9d1-6d3fa37a6914";
	freq = 1000000000;
	offset_s = 1795180072;
	offset = 928619643;
	absolute = TRUE;
};

`);
  });

  it('keeps the names that CTF gives a meaning in headers and packet contexts, and only there', () => {
    const text = printTsdl(TRACE);
    for (const name of ['timestamp_begin', 'packet_seq_num', 'events_discarded', '_vpid', '_procname', 'v', 'id']) {
      expect(text).toMatch(new RegExp(`[ }]${name};`));
    }
    expect(tsdlEventRecordClass(0n, EVENT)).toContain(' _id;');
  });

  it('describes an event by name, identifiers, log level and fields', () => {
    expect(tsdlEventRecordClass(7n, EVENT)).toBe(`event {
	name = "shop:order_placed";
	id = 3;
	stream_id = 7;
	loglevel = 6;
	fields := struct {
		integer { size = 64; align = 8; signed = 0; encoding = none; base = 10; } _id;
	};
};

`);
  });

  it('ends every block, and nothing else, with a brace at the start of a line', () => {
    const text = printTsdl({ ...TRACE, environment: new Map([['x', '\n};\n\n']]) });
    expect(
      text
        .split('\n};\n\n')
        .slice(0, -1)
        .map((block) => block.trim().split(' ')[0]),
    ).toEqual(['/*', 'env', 'clock', 'stream', 'event']);
  });

  it('escapes text so that no value ends its quotes early, and ends it at U+0000', () => {
    const environment = new Map([['x', '"; }; \\ \n\t\u0001\u007f é \0 unread']]);
    expect(tsdlPreamble({ ...TRACE, environment })).toContain('\tx = "\\"; }; \\\\ \\n\\011\\001\\177 é ";\n');
  });

  it('spells a byte order out where it is not the native one', () => {
    expect(fieldText(integerClass(16, { byteOrder: 'be' }))).toContain('byte_order = be;');
    expect(fieldText(integerClass(16, { byteOrder: 'be' }), 'be')).not.toContain('byte_order');
    expect(fieldText({ kind: 'float', bits: 64, align: 8, byteOrder: 'be' })).toContain('byte_order = be;');
  });

  it.each([
    [
      { kind: 'float', bits: 32, align: 8, byteOrder: 'le' },
      'floating_point { exp_dig = 8; mant_dig = 24; align = 8; } _x;',
    ],
    [
      { kind: 'float', bits: 64, align: 8, byteOrder: 'le' },
      'floating_point { exp_dig = 11; mant_dig = 53; align = 8; } _x;',
    ],
    [{ kind: 'string', encoding: 'utf8' }, 'string _x;'],
    [{ kind: 'string', encoding: 'ascii' }, 'string { encoding = ASCII; } _x;'],
    [integerClass(8, { encoding: 'utf8' }), 'encoding = UTF8; base = 10; } _x;'],
    [integerClass(64, { clock: 'monotonic' }), 'map = clock.monotonic.value; } _x;'],
    [
      { kind: 'boolean', bits: 8, align: 8, byteOrder: 'le' },
      'size = 8; align = 8; signed = 0; encoding = none; base = 10; } _x;',
    ],
    [{ kind: 'dynamic-blob', length: { path: ['_x_length'] } }, 'base = 16; } _x[__x_length];'],
    [staticArrayClass(staticArrayClass({ kind: 'string', encoding: 'utf8' }, 3), 2), 'string _x[2][3];'],
    [
      {
        kind: 'dynamic-array',
        element: { kind: 'string', encoding: 'utf8' },
        length: { scope: 'packet-context', path: ['packet_seq_num', 'a'] },
      },
      'string _x[stream.packet.context.packet_seq_num._a];',
    ],
    [structureClass([]), 'struct { } _x;'],
    [structureClass([], 16), 'struct { } align(16) _x;'],
  ] as const satisfies [FieldClass, string][])('prints %j', (fieldClass, expected) => {
    expect(fieldText(fieldClass)).toContain(expected);
  });

  it('prints an enumeration with its labels in quotes, and a variant with the options bare', () => {
    const mappings = [
      { label: 'a "b"', lower: -(2n ** 63n), upper: -1n },
      { label: 'none', lower: 0n, upper: 0n },
    ];
    expect(fieldText({ kind: 'enumeration', container: integerClass(64, { signed: true }), mappings })).toContain(
      '{\n\t\t\t"a \\"b\\"" = -9223372036854775808 ... -1,\n\t\t\t"none" = 0,\n\t\t} _x;',
    );
    const options = [{ name: 'none', fieldClass: structureClass([]) }];
    expect(fieldText({ kind: 'variant', selector: { path: ['_x_tag'] }, options })).toContain(
      'variant <__x_tag> {\n\t\t\tstruct { } none;\n\t\t} _x;',
    );
  });

  it.each(['no identifier', 'a-b', 'é'])('refuses a member named %j', (name) => {
    const payload = structureClass([member(name, integerClass(8))]);
    expect(() => tsdlEventRecordClass(0n, { ...EVENT, payload })).toThrow(MetadataPrintError);
  });

  it('refuses a length that is nowhere', () => {
    expect(() => fieldText({ kind: 'dynamic-blob', length: { path: [] } })).toThrow(MetadataPrintError);
  });

  it('refuses a variant option named as a keyword', () => {
    const options = [{ name: 'string', fieldClass: structureClass([]) }];
    expect(() => fieldText({ kind: 'variant', selector: { path: ['tag'] }, options })).toThrow(MetadataPrintError);
  });
});

function fieldText(fieldClass: FieldClass, nativeByteOrder: 'le' | 'be' = 'le'): string {
  return tsdlEventRecordClass(0n, { ...EVENT, payload: structureClass([member('x', fieldClass)]) }, nativeByteOrder);
}
