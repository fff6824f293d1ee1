import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { printCtf2, printTsdl } from '@ringtail/ctf';
import { corpusPath } from '../corpus.ts';
import { randomTrace } from '../schemas/random-trace.ts';
import { SeededRandom } from '../schemas/seeded-random.ts';

/** A trace to damage. It is small, so that many can be read in little time. */
export interface FuzzTrace {
  readonly name: string;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

const OWN_TRACES = 6;
const METADATA_BYTES_MAX = 6_000;
const DATA_BYTES_MAX = 12_000;

/** Lengths and selectors from everywhere, bit fields in both orders, and names of any kind. */
const ODD_METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 13; align = 1; signed = true; byte_order = be; } := odd;
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { integer { size = 32; } magic; u8 stream_id; }; };
env { n = 3; s = "a \\"text\\""; };
clock { name = c; freq = 1000; offset_s = 5; offset = 7; };
stream {
  id = 0;
  packet.context := struct { integer { size = 16; } content_size; integer { size = 16; } packet_size; u8 len; };
  event.header := struct { enum : u8 { a, b, c = 5 ... 9 } id; integer { size = 12; align = 1; map = clock.c.value; } t; };
  event.context := struct { u8 n; u8 of_context[n]; };
};
event {
  name = a; id = 0;
  context := struct { u8 from_packet[stream.packet.context.len]; };
  fields := struct {
    odd x; odd y; integer { size = 3; align = 1; byte_order = be; } z; floating_point { exp_dig = 8; mant_dig = 24; } f;
    enum : u8 { X, Y = 1 ... 3, Z } tag;
    variant <tag> { struct { u8 n; string s; } X; struct { string s; integer { size = 16; } n; } Y; struct { u8 n; } Z; } v;
    string texts[v.n]; integer { size = 8; encoding = UTF8; } chars[env.n]; struct { u8 k; u8 l[k]; } align(32) s[2][2];
    struct { } nothing[stream.event.context.n];
  };
};
event { name = "b c"; id = 1; fields := struct { u8 _n; string _s; }; };
event { name = c; id = 5; };
stream { id = 1; packet.context := struct { u8 packet_size; }; };
event { name = d; stream_id = 1; fields := struct { u8 m; }; };
`;

/** Two packets of each of its classes. */
function oddData(): Uint8Array {
  const magic = [0xc1, 0x1f, 0xfc, 0xc1];
  const events = [1, 5, 0, 1, 9, 7, 104, 105, 0, 1, 9, 0, 2, 1, 2, 3, 104, 0];
  const first = [...magic, 0, (10 + events.length) * 8, 0, (10 + events.length) * 8, 0, 2, ...events];
  const second = [...magic, 1, 64, 17, 18];
  return Uint8Array.from([...first, ...second, ...first, ...second]);
}

/** Ringtail's traces in both versions of CTF, and small ones of the corpus if it exists, always in the same order. */
export function fuzzTraces(): FuzzTrace[] {
  const encoder = new TextEncoder();
  const own = Array.from({ length: OWN_TRACES }, (_, i) => {
    const trace = randomTrace(new SeededRandom(i + 1), 2 + i);
    const data = Buffer.concat(trace.packets.slice(0, 6).map((packet) => packet.bytes));
    return ([1, 2] as const).map((version) => {
      const print = version === 1 ? printTsdl : printCtf2;
      return { name: `own/${i}/ctf${version}`, metadata: encoder.encode(print(trace.traceClass(version))), data };
    });
  });
  const odd = { name: 'own/odd', metadata: encoder.encode(ODD_METADATA), data: oddData() };
  return [...own.flat(), odd, packetised(odd), ...corpusTraces()];
}

/** The metadata in packets of a hundred bytes. */
function packetised({ name, metadata, data }: FuzzTrace): FuzzTrace {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < metadata.length; at += 100) {
    const content = metadata.subarray(at, at + 100);
    const header = Buffer.alloc(37);
    header.writeUInt32LE(0x75d11d57, 0);
    header.writeUInt32LE((37 + content.length) * 8, 24);
    header.writeUInt32LE((40 + content.length) * 8, 28);
    header.writeUInt8(1, 35);
    header.writeUInt8(8, 36);
    packets.push(header, content, Buffer.alloc(3));
  }
  return { name: `${name}/packetised`, metadata: Buffer.concat(packets), data };
}

function corpusTraces(): FuzzTrace[] {
  const root = corpusPath('index.tsv', 'damaged traces of other tracers');
  if (root === undefined) return [];
  const base = join(root, '..');
  const rows = readFileSync(root, 'utf8').trimEnd().split('\n').slice(1);
  return rows.flatMap((row) => {
    const name = row.split('\t')[0]!;
    const metadata = join(base, name, 'metadata');
    if (!existsSync(metadata) || statSync(metadata).size > METADATA_BYTES_MAX) return [];
    const others = readdirSync(join(base, name)).filter((file) => !['metadata', 'expect.txt'].includes(file));
    const streams = others
      .map((file) => statSync(join(base, name, file)))
      .map((stat, i) => [others[i]!, stat] as const);
    const fit = streams.find(([, stat]) => stat.isFile() && stat.size > 0 && stat.size <= DATA_BYTES_MAX);
    if (fit === undefined) return [];
    return [{ name, metadata: readFileSync(metadata), data: readFileSync(join(base, name, fit[0])) }];
  });
}
