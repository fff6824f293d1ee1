import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../files/open-traces.ts';
import type { OpenOptions } from '../trace-reader.ts';
import { printDetails } from './print-details.ts';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-details-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function details(metadata: string, data: readonly number[], options: OpenOptions = {}): string {
  fs.writeFileSync(path.join(root, 'metadata'), metadata.startsWith('\x1e') ? metadata : `/* CTF 1.8 */\n${metadata}`);
  fs.writeFileSync(path.join(root, 's'), Uint8Array.from(data));
  let text = '';
  const write = (piece: string) => {
    text += piece;
    return true;
  };
  const reader = openTraces(root, { ...options, boundaries: true });
  try {
    printDetails(reader, { write });
  } finally {
    reader.close();
  }
  return text.replaceAll(root, '/trace');
}

const NESTED = `typealias integer { size = 8; } := u8;
trace { major = 1; minor = 8; byte_order = le; };
env { hostname = "host"; };
stream { event.header := struct { u8 id; }; };
event { name = none; id = 0; };
event { name = nested; id = 1; fields := struct {
  struct { u8 n; u8 list[n]; struct { enum : u8 { a = 1, b = 2 ... 3 } tag; variant <tag> { u8 a; string b; } v; } inner; } s;
  u8 more[s.n];
}; };
`;

/** Printed by Babeltrace 2.1.1. */
const NESTED_DETAILS = `Trace class:
  Stream class (ID 0):
    Supports packets: Yes
    Packets have beginning default clock snapshot: No
    Packets have end default clock snapshot: No
    Supports discarded events: No
    Supports discarded packets: No
    Event class \`none\` (ID 0):
    Event class \`nested\` (ID 1):
      Payload field class: Structure (2 members):
        s: Structure (3 members):
          n: Unsigned integer (8-bit, Base 10)
          list: Dynamic array (with length field) (Length field location [Event payload: s, n]):
            Element: Unsigned integer (8-bit, Base 10)
          inner: Structure (2 members):
            tag: Unsigned enumeration (8-bit, Base 10, 2 mappings):
              a: [1]
              b: [2, 3]
            v: Variant (unsigned integer selector) (2 options, Selector field location [Event payload: s, inner, tag]):
              a: [1]: Unsigned integer (8-bit, Base 10)
              b: [2, 3]: String
        more: Dynamic array (with length field) (Length field location [Event payload: s, n]):
          Element: Unsigned integer (8-bit, Base 10)

{Trace 0, Stream class ID 0, Stream ID 0}
Stream beginning:
  Name: /trace/s
  Trace \`host\`:
    Environment (1 entry):
      hostname: host
    Stream (ID 0, Class ID 0)

{Trace 0, Stream class ID 0, Stream ID 0}
Packet beginning

{Trace 0, Stream class ID 0, Stream ID 0}
Event \`none\` (Class ID 0):

{Trace 0, Stream class ID 0, Stream ID 0}
Event \`nested\` (Class ID 1):
  Payload:
    s:
      n: 1
      list: Length 1:
        [0]: 7
      inner:
        tag: 1
        v: 5
    more: Length 1:
      [0]: 6

{Trace 0, Stream class ID 0, Stream ID 0}
Event \`none\` (Class ID 0):

{Trace 0, Stream class ID 0, Stream ID 0}
Packet end

{Trace 0, Stream class ID 0, Stream ID 0}
Stream end
`;

describe('details', () => {
  it('contain the location of lengths and selectors from the root of their scope on, and no times without a clock', () => {
    expect(details(NESTED, [0, 1, 1, 7, 1, 5, 6, 0])).toBe(NESTED_DETAILS);
  });

  it('have the media type of BLOBs and the known properties of a clock of CTF 2', () => {
    const fragment = (json: object) => `\x1e${JSON.stringify(json)}\n`;
    const u8 = { type: 'fixed-length-unsigned-integer', length: 8, 'byte-order': 'little-endian' };
    const member = (name: string, fieldClass: object) => ({ name, 'field-class': fieldClass });
    const structure = (...members: object[]) => ({ type: 'structure', 'member-classes': members });
    const metadata = (clock: object) =>
      [
        { type: 'preamble', version: 2 },
        { type: 'clock-class', id: 'c', name: 'c', frequency: 1000, ...clock },
        {
          type: 'data-stream-class',
          'default-clock-class-id': 'c',
          'packet-context-field-class': structure(member('t', { ...u8, roles: ['default-clock-timestamp'] })),
        },
        {
          type: 'event-record-class',
          'payload-field-class': structure(
            member('n', u8),
            member('a', { type: 'static-length-blob', length: 2, 'media-type': 'image/png' }),
            member('z', { type: 'dynamic-length-blob', 'length-field-location': { path: ['n'] } }),
          ),
        },
      ]
        .map(fragment)
        .join('');
    const lines = (clock: object) =>
      details(metadata(clock), [1, 1, 97, 97, 122]).split('\n\n', 1)[0]!.split('\n').slice(9);
    // Both printed by Babeltrace 2.1.1.
    const origin = { namespace: 's', name: 'n', uid: 'u' };
    expect(lines({ precision: 3, accuracy: 7, origin })).toEqual([
      '      Frequency (Hz): 1000',
      '      Precision (cycles): 3',
      '      Accuracy (cycles): 7',
      '      Offset from origin (s): 0',
      '      Offset from origin (cycles): 0',
      '      Origin:',
      '        Namespace: s',
      '        Name: n',
      '        UID: u',
      '    Event class (ID 0):',
      '      Payload field class: Structure (3 members):',
      '        n: Unsigned integer (8-bit, Base 10)',
      '        a: Static BLOB (Length 2, Media type `image/png`)',
      '        z: Dynamic BLOB (with length field) (Length field location [Event payload: n], Media type `application/octet-stream`)',
    ]);
    expect(lines({}).slice(0, 4)).toEqual([
      '      Frequency (Hz): 1000',
      '      Offset from origin (s): 0',
      '      Offset from origin (cycles): 0',
      '    Event class (ID 0):',
    ]);
  });

  it('contain the origin of a clock only if it is known', () => {
    const clock = (absolute: string) => `trace { major = 1; minor = 8; byte_order = le; };
      clock { name = c; freq = 1000; ${absolute} };
      stream { event.header := struct { integer { size = 8; map = clock.c.value; } t; }; };
      event { name = e; id = 0; };`;
    expect(details(clock('absolute = TRUE;'), [5])).toMatch(/^ {6}Origin: Unix epoch$/m);
    expect(details(clock(''), [5])).not.toContain('Origin:');
  });

  it('describe each packet by its own class behind a refused packet header, and end the data stream once, behind its last packet', () => {
    const metadata = `typealias integer { size = 8; } := u8;
      trace { major = 1; minor = 8; byte_order = le; packet.header := struct { integer { size = 32; } magic; u8 stream_id; }; };
      stream { id = 0; packet.context := struct { u8 packet_size; u8 a; }; };
      stream { id = 1; packet.context := struct { u8 packet_size; u8 b; }; };
      event { name = e; stream_id = 0; fields := struct { u8 m; }; };
      event { name = f; stream_id = 1; fields := struct { u8 n; }; };`;
    const packet = (id: number, magic = 0xc1) => [magic, 0x1f, 0xfc, 0xc1, id, 64, 7 + id, 3];
    const codes: string[] = [];
    const onError = ({ code }: { code: string }) => codes.push(code);
    const data = [...packet(0, 0), ...packet(1), ...packet(0), ...packet(5), ...packet(1)];
    const text = details(metadata, data, { keepGoing: true, onError });
    expect(codes).toEqual(['BAD_MAGIC', 'UNKNOWN_DATA_STREAM_CLASS']);
    const messages = text.slice(text.indexOf('{Trace')).trimEnd().split('\n\n').slice(1);
    const ofPacket = (id: number, name: string, event: string, field: string) => [
      `{Trace 0, Stream class ID ${id}, Stream ID 0}\nPacket beginning:\n  Context:\n    ${name}: ${7 + id}`,
      `{Trace 0, Stream class ID ${id}, Stream ID 0}\nEvent \`${event}\` (Class ID 0):\n  Payload:\n    ${field}: 3`,
      `{Trace 0, Stream class ID ${id}, Stream ID 0}\nPacket end`,
    ];
    expect(messages).toEqual([
      ...ofPacket(1, 'b', 'f', 'n'),
      ...ofPacket(0, 'a', 'e', 'm'),
      ...ofPacket(1, 'b', 'f', 'n'),
      '{Trace 0, Stream class ID 0, Stream ID 0}\nStream end',
    ]);
  });
});
