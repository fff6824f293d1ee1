import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printDetails } from '../print/print-details.ts';
import { printPretty } from '../print/print-pretty.ts';
import { writeCtf } from './ctf-writer.ts';
import { openTraces } from './open-traces.ts';

/** Each of these takes seconds. If its work grew with the square of the metadata, it would take minutes. */
const CPU_MS_MAX = 60_000;
/** A limit against hanging. */
const LIMIT = { timeout: 600_000 };

let root: string;
let cpuBefore: NodeJS.CpuUsage;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-large-metadata-'));
  cpuBefore = process.cpuUsage();
});

afterEach(() => {
  const { user, system } = process.cpuUsage(cpuBefore);
  fs.rmSync(root, { recursive: true });
  expect((user + system) / 1000).toBeLessThan(CPU_MS_MAX);
});

const HEAD = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 32; } := u32;
trace { major = 1; minor = 8; byte_order = le; };
`;

function repeated(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, i) => piece(i)).join('');
}

function oneEvent(fields: string): string {
  return `${HEAD}event { name = e; fields := struct { ${fields} }; };\n`;
}

function write(metadata: string, data: Uint8Array): void {
  fs.writeFileSync(path.join(root, 'metadata'), metadata);
  fs.writeFileSync(path.join(root, 's'), data);
}

type Reader = ReturnType<typeof openTraces>;

const nowhere = { write: () => true };

/** Metadata for which reading once took a time that grew with the square of its size. */
const OUTPUTS = {
  text: (reader: Reader) => printPretty(reader, nowhere),
  details: (reader: Reader) => {
    const pieces: string[] = [];
    printDetails(reader, { write: (text: string) => pieces.push(text) > 0 });
    return pieces.join('');
  },
  ctf1: (reader: Reader) => writeCtf(reader, path.join(root, 'ctf1'), { version: 1 }),
  ctf2: (reader: Reader) => writeCtf(reader, path.join(root, 'ctf2'), { version: 2 }),
} as const;

/** Reads it into outputs. @returns the last of them */
function readInto(...outputs: readonly (keyof typeof OUTPUTS)[]): unknown {
  let last: unknown;
  for (const output of outputs) {
    const reader = openTraces(root, { boundaries: output === 'details', keepsHeaders: true });
    try {
      last = OUTPUTS[output](reader);
    } finally {
      reader.close();
    }
  }
  return last;
}

describe('metadata', () => {
  it('of 200,000 labels, one for each of 20,000 events, is read', LIMIT, () => {
    const count = 200_000;
    write(
      oneEvent(`enum : u32 { ${repeated(count, (i) => `L${i} = ${i}, `)} } x;`),
      Buffer.from(Uint32Array.from({ length: 20_000 }, (_, i) => (i * 7919) % count).buffer),
    );
    const details = readInto('text', 'ctf2', 'details');
    expect(details).toContain(`200,000 mappings`);
    expect(details).toContain(`L199999: [199,999]`);
  });

  it('of 33,000 arrays, each with a length of its own, is read', LIMIT, () => {
    const count = 33_000;
    write(oneEvent(repeated(count, (i) => `u8 n${i}; u8 a${i}[n${i}]; `)), Buffer.alloc(count * 2, 1));
    expect(readInto('ctf1', 'ctf2', 'details')).toContain(`[Event payload: n${count - 1}]`);
  });

  it('of 20,000 variants of one selector with as many labels is read', LIMIT, () => {
    const count = 20_000;
    const selector = `enum : u32 { ${repeated(count, (i) => `L${i} = ${i}, `)} } x;`;
    write(
      oneEvent(selector + repeated(count, (i) => ` variant <x> { u8 L7; } v${i};`)),
      Buffer.alloc(4 + count, 0).fill(7, 0, 1),
    );
    expect(readInto('ctf2', 'details')).toContain('L7: [7]: Unsigned integer');
  });

  it('of a variant of 90,000 options is read', LIMIT, () => {
    const count = 90_000;
    const labels = repeated(count, (i) => `L${i} = ${i}, `);
    const options = repeated(count, (i) => `u8 L${i}; `);
    write(oneEvent(`enum : u32 { ${labels} } x; variant <x> { ${options} } v;`), Buffer.from([9, 0, 0, 0, 5]));
    expect(readInto('ctf2', 'details')).toContain('90,000 options');
  });

  it('of 3,000 data stream classes, each with a clock of its own, is read', LIMIT, () => {
    const count = 3_000;
    const metadata = `${HEAD.replace('le; }', 'le; packet.header := struct { u32 stream_id; }; }')}
      ${repeated(count, (i) => `clock { name = c${i}; };`)}
      ${repeated(
        count,
        (i) => `stream { id = ${i}; packet.context := struct { u32 packet_size; };
          event.header := struct { integer { size = 32; map = clock.c${i}.value; } t; }; };
          event { name = e${i}; stream_id = ${i}; fields := struct { u8 x; }; };`,
      )}`;
    const packet = (i: number) => Buffer.from([i & 255, i >> 8, 0, 0, 13 * 8, 0, 0, 0, 1, 0, 0, 0, 7]);
    write(metadata, Buffer.concat(Array.from({ length: count }, (_, i) => packet(i))));
    expect(readInto('text', 'details')).toContain('Stream class ID 2999');
  });

  it('that would list more than four million labels, since events share a type, is refused', () => {
    const labels = repeated(5000, (i) => `L${i}, `);
    const events = repeated(1000, (i) => `event { name = e${i}; id = ${i}; fields := struct { enum E x; }; };\n`);
    write(
      `${HEAD}enum E : u32 { ${labels} };\nstream { event.header := struct { u32 id; }; };\n${events}`,
      Buffer.alloc(8),
    );
    expect(() => openTraces(root)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});

describe('a data stream', () => {
  it('of 300,000 empty packets at one time, in two files, is read with an index', LIMIT, () => {
    const count = 150_000;
    const metadata = `${HEAD.replace('le; }', 'le; packet.header := struct { u8 stream_instance_id; }; }')}
      clock { name = c; };
      typealias integer { size = 64; map = clock.c.value; } := t64;
      stream { packet.context := struct { t64 timestamp_begin; t64 timestamp_end; u32 packet_size; u32 packet_seq_num; };
        event.header := struct { t64 timestamp; }; };
      event { name = e; fields := struct { u8 x; }; };`;
    write(metadata, new Uint8Array());
    for (const [file, first] of [
      ['s_0', 0],
      ['s_1', count],
    ] as const) {
      const bytes = Buffer.alloc(25 * count);
      for (let i = 0; i < count; i++) {
        bytes.writeUInt32LE(25 * 8, i * 25 + 17);
        bytes.writeUInt32LE(first + i, i * 25 + 21);
      }
      fs.writeFileSync(path.join(root, file), bytes);
    }
    const reader = openTraces(root, { begin: { kind: 'instant', ns: 0n } });
    expect(reader.traces[0]!.streams[0]!.index.packets).toHaveLength(2 * count);
    expect([...reader]).toEqual([]);
    reader.close();
  });
});
