import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventDeclaration, kernelEventTranscoder, parseEventDeclaration } from '../events/event-declaration.ts';
import { parseEventFormat } from '../formats/event-format.ts';
import { PageWalker } from '../pages/page-walker.ts';
import { decodePacket } from '../testing/decode-records.test.support.ts';
import { formatText } from '../testing/formats.test.support.ts';
import { PageBuilder } from '../testing/page-builder.test.support.ts';
import { PacketFiller } from './packet-filler.ts';

const START = 2n ** 33n + 500n;
const TID = 77;

function declared(system: string, fields: readonly string[]): EventDeclaration {
  return { name: 'e', system, fields: parseEventFormat(formatText('e', 1, fields)).fields };
}

function fillerOf(
  events: ReadonlyMap<number, EventDeclaration>,
  { capacityBytes = 4096, contexts = [] as readonly string[] } = {},
): PacketFiller {
  return new PacketFiller({
    capacityBytes,
    contexts,
    transcoderOf: (id) => {
      const event = events.get(id);
      return event && kernelEventTranscoder(event);
    },
  });
}

/** A record with these bytes behind the common fields. */
function recordOf(id: number, payload: Uint8Array): number[] {
  const bytes = Buffer.alloc(8 + Math.ceil(payload.length / 4) * 4);
  bytes.writeUInt16LE(id, 0);
  bytes.writeInt32LE(TID, 4);
  bytes.set(payload, 8);
  return Array.from({ length: bytes.length / 4 }, (_, idx) => bytes.readUInt32LE(4 * idx));
}

/** The only record of a page, decoded by metadata of its event. */
function transcoded(system: string, fields: readonly string[], payload: Uint8Array) {
  const events = new Map([[9, declared(system, fields)]]);
  const filler = fillerOf(events, { contexts: ['tid'] });
  const isFinished = fill(filler, new PageBuilder().record(3, recordOf(9, payload), 'long').build(START));
  expect([isFinished, filler.failed, filler.taken]).toEqual([true, 0, 1]);
  const [record] = decodePacket(filler, events, { contexts: ['tid'] });
  expect(record).toMatchObject({ name: 'e', cycles: START + 3n, tid: TID });
  return record?.fields;
}

function fill(filler: PacketFiller, page: Uint32Array, walker = new PageWalker()): boolean {
  walker.load(page, page.byteLength);
  return filler.fill(walker, page, new Uint8Array(page.buffer));
}

describe('PacketFiller', () => {
  it('copies integers of all sizes', () => {
    const payload = Buffer.alloc(32);
    payload.writeUInt8(200, 0);
    payload.writeInt8(-2, 1);
    payload.writeUInt16LE(60_000, 2);
    payload.writeInt32LE(-5, 4);
    payload.writeBigUInt64LE(2n ** 63n + 1n, 8);
    payload.writeUInt8(1, 16);
    payload.writeBigInt64LE(-9n, 24);
    const fields = transcoded(
      'x',
      [
        'u8 a;\toffset:8;\tsize:1;\tsigned:0;',
        's8 b;\toffset:9;\tsize:1;\tsigned:1;',
        'u16 c;\toffset:10;\tsize:2;\tsigned:0;',
        'int d;\toffset:12;\tsize:4;\tsigned:1;',
        'u64 e;\toffset:16;\tsize:8;\tsigned:0;',
        'bool f;\toffset:24;\tsize:1;\tsigned:0;',
        'long g;\toffset:32;\tsize:8;\tsigned:1;',
      ],
      payload,
    );
    expect(fields).toEqual({ a: 200, b: -2, c: 60_000, d: -5, e: 2n ** 63n + 1n, f: 1, g: -9 });
  });

  it('narrows arguments of system calls and leaves their number out', () => {
    const payload = Buffer.alloc(40);
    payload.writeInt32LE(257, 0);
    payload.writeInt32LE(-100, 8);
    payload.writeBigUInt64LE(0x7fff_0000_1234n, 16);
    payload.writeUInt16LE(0o644, 24);
    payload.writeUInt16LE(0xdead, 26);
    payload.writeUInt16LE(7, 32);
    const fields = transcoded(
      'syscalls',
      [
        'int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;',
        'int dfd;\toffset:16;\tsize:8;\tsigned:0;',
        'const char * filename;\toffset:24;\tsize:8;\tsigned:0;',
        'umode_t mode;\toffset:32;\tsize:8;\tsigned:0;',
        'umode_t other;\toffset:40;\tsize:8;\tsigned:0;',
      ],
      payload,
    );
    expect(fields).toEqual({ dfd: -100, filename: 0x7fff_0000_1234, mode: 0o644, other: 7 });
  });

  it('subtracts 100 from priorities of the scheduler', () => {
    const payload = Buffer.alloc(4);
    payload.writeInt32LE(20, 0);
    expect(transcoded('sched', ['int prio;\toffset:8;\tsize:4;\tsigned:1;'], payload)).toEqual({ prio: -80 });
  });

  it('copies texts, arrays and fields at uneven places', () => {
    const payload = Buffer.alloc(40);
    payload.write('swapper/0\0rest!', 0, 'latin1');
    payload.set([1, 2, 3, 4, 5, 6], 16);
    payload.writeUInt32LE(7, 24);
    payload.writeUInt32LE(8, 28);
    payload.set([9, 9, 9], 32);
    const fields = transcoded(
      'x',
      [
        'char comm[16];\toffset:8;\tsize:16;\tsigned:0;',
        'u8 mac[6];\toffset:24;\tsize:6;\tsigned:0;',
        'u32 pair[2];\toffset:32;\tsize:8;\tsigned:0;',
        'struct x opaque;\toffset:40;\tsize:3;\tsigned:0;',
      ],
      payload,
    );
    expect(fields).toEqual({ comm: 'swapper/0', mac: [1, 2, 3, 4, 5, 6], pair: [7, 8], opaque: [9, 9, 9] });
  });

  it('copies dynamic texts and sequences, by absolute and by relative places', () => {
    const payload = Buffer.alloc(48);
    payload.writeUInt32LE(((6 << 16) | 24) >>> 0, 0);
    payload.writeUInt32LE(((8 << 16) | 32) >>> 0, 4);
    payload.writeUInt32LE(((4 << 16) | 24) >>> 0, 8);
    payload.writeUInt32LE(5, 12);
    payload.write('a/b\0x', 16, 'latin1');
    payload.writeUInt32LE(70_000, 24);
    payload.writeUInt32LE(2, 28);
    // Behind its word at byte 16 of the record: 20 + 24.
    payload.set([0xfe, 0xff, 3, 0], 36);
    const fields = transcoded(
      'x',
      [
        '__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:0;',
        '__data_loc u32[] numbers;\toffset:12;\tsize:4;\tsigned:0;',
        '__rel_loc s16[] shorts;\toffset:16;\tsize:4;\tsigned:0;',
        'int last;\toffset:20;\tsize:4;\tsigned:1;',
      ],
      payload,
    );
    const lengths = { _numbers_length: 2, _shorts_length: 2 };
    expect(fields).toEqual({ last: 5, name: 'a/b', numbers: [70_000, 2], shorts: [-2, 3], ...lengths });
  });

  it('counts records that it cannot have, and goes on', () => {
    const events = new Map([
      [1, declared('x', ['int x;\toffset:8;\tsize:4;\tsigned:1;'])],
      [2, declared('x', ['__data_loc char[] s;\toffset:8;\tsize:4;\tsigned:0;'])],
    ]);
    const filler = fillerOf(events);
    const leadsOut = new Uint8Array(Uint32Array.of((20 << 16) | 12).buffer);
    const page = new PageBuilder()
      .record(1, recordOf(1, Buffer.from([1, 0, 0, 0])))
      .record(1, recordOf(3, Buffer.alloc(4)))
      .record(1, recordOf(1, Buffer.alloc(0)))
      .record(1, recordOf(2, leadsOut))
      .record(1, [0])
      .record(1, recordOf(1, Buffer.from([2, 0, 0, 0])));
    expect(fill(filler, page.build(START))).toBe(true);
    expect([filler.failed, filler.taken]).toEqual([4, 6]);
    const decoded = decodePacket(filler, events);
    expect(decoded.map(({ fields, cycles }) => [fields.x, cycles - START])).toEqual([
      [1, 1n],
      [2, 6n],
    ]);
  });

  it('records events that are described later, once they are', () => {
    const events = new Map<number, EventDeclaration>();
    const filler = fillerOf(events);
    const page = new PageBuilder().record(1, recordOf(1, Buffer.from([1, 0, 0, 0]))).build(START);
    fill(filler, page);
    events.set(1, declared('x', ['int x;\toffset:8;\tsize:4;\tsigned:1;']));
    fill(filler, page);
    expect([filler.failed, filler.recordCount]).toEqual([1, 1]);
  });

  it('leaves records that do not fit to the next packet, each once', () => {
    const events = new Map([[1, declared('x', ['int x;\toffset:8;\tsize:4;\tsigned:1;'])]]);
    const filler = fillerOf(events, { capacityBytes: 40 });
    const page = new PageBuilder();
    for (let x = 0; x < 8; x++) page.record(1, recordOf(1, Buffer.from([x, 0, 0, 0])));
    const words = page.build(START);
    const walker = new PageWalker();
    const packets = [];
    for (let isFinished = fill(filler, words, walker); ; ) {
      packets.push(decodePacket(filler, events).map(({ fields }) => fields.x));
      filler.clear();
      if (isFinished) break;
      isFinished = filler.fill(walker, words, new Uint8Array(words.buffer));
    }
    expect(packets).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
    expect(filler.taken).toBe(8);
  });

  it('ends a packet before a pause of 2^32 ns, which the records cannot express', () => {
    const events = new Map([[1, declared('x', ['int x;\toffset:8;\tsize:4;\tsigned:1;'])]]);
    const record = recordOf(1, Buffer.alloc(4));
    for (const [pause, packets] of [
      [2n ** 32n - 1n, [2]],
      [2n ** 32n, [1, 1]],
      [2n ** 40n, [1, 1]],
    ] as const) {
      const filler = fillerOf(events);
      const page = new PageBuilder().record(0, record).timeExtend(pause).record(0, record).build(START);
      const walker = new PageWalker();
      const counts = [];
      for (let isFinished = fill(filler, page, walker); ; ) {
        const last = decodePacket(filler, events).at(-1);
        counts.push(filler.recordCount);
        filler.clear();
        if (isFinished) {
          expect(last?.cycles).toBe(START + pause);
          break;
        }
        isFinished = filler.fill(walker, page, new Uint8Array(page.buffer));
      }
      expect(counts).toEqual(packets);
    }
  });

  it('never lets time go back', () => {
    const events = new Map([[1, declared('x', ['int x;\toffset:8;\tsize:4;\tsigned:1;'])]]);
    const filler = fillerOf(events);
    const record = recordOf(1, Buffer.alloc(4));
    const back = new PageBuilder().record(9, record).absolute(START).record(0, record).record(20, record);
    fill(filler, back.build(START));
    expect(decodePacket(filler, events).map(({ cycles }) => cycles - START)).toEqual([9n, 9n, 20n]);
  });

  it('stays within the packet, whatever the fields and the record', () => {
    const type = fc.constantFrom('u8 a', 'u16 b', 'int c', 'u64 d', 'char e[5]', 'u32 f[2]');
    const dynamic = fc.constantFrom('__data_loc char[]', '__rel_loc char[]', '__data_loc u64[]', '__rel_loc u16[]');
    const sizes: Readonly<Record<string, number>> = { a: 1, b: 2, c: 4, d: 8, e: 5, f: 8 };
    const fixed = fc.uniqueArray(type, { maxLength: 6 });
    const payload = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 60 });
    fc.assert(
      fc.property(
        fixed,
        fc.array(dynamic, { maxLength: 4 }),
        payload,
        fc.nat(7),
        (fixedTypes, dynamicTypes, words, gap) => {
          let offset = 8 + gap;
          const lines = fixedTypes.map((declaration) => {
            const size = sizes[declaration.match(/ (\w)/)?.[1] ?? ''] ?? 0;
            const line = `${declaration};\toffset:${offset};\tsize:${size};\tsigned:0;`;
            offset += size;
            return line;
          });
          for (const [idx, declaration] of dynamicTypes.entries()) {
            lines.push(`${declaration} s${idx};\toffset:${offset};\tsize:4;\tsigned:0;`);
            offset += 4;
          }
          const events = new Map([[1, declared('x', lines)]]);
          const filler = fillerOf(events, { capacityBytes: 512 });
          const record = [1, TID, ...words.map((word) => (word % 3 === 0 ? (word & 0x1f001f) >>> 0 : word))];
          fill(filler, new PageBuilder().record(1, record, 'long').build(START));
          expect(filler.endBytes).toBeLessThanOrEqual(512);
          expect(filler.recordCount + filler.failed).toBe(1);
          expect(decodePacket(filler, events)).toHaveLength(filler.recordCount);
        },
      ),
      { numRuns: 500, seed: 11 },
    );
  });
});

describe('parseEventDeclaration', () => {
  const good = declared('x', ['int x;\toffset:8;\tsize:4;\tsigned:1;']);

  it('passes a declaration through JSON', () => {
    expect(parseEventDeclaration(JSON.parse(JSON.stringify(good)))).toEqual(good);
  });

  it.each([
    null,
    [],
    { ...good, name: 'a"b' },
    { ...good, name: '' },
    { ...good, system: 5 },
    { ...good, fields: {} },
    { ...good, fields: [null] },
    ...[
      { name: 'x y' },
      { type: 7 },
      { offset: -4 },
      { offset: 1e6 },
      { size: 0.5 },
      { length: -1 },
      { signed: 1 },
    ].map((wrong) => ({ ...good, fields: [{ ...good.fields[0], ...wrong }] })),
  ])('refuses %j', (json) => {
    expect(() => parseEventDeclaration(json)).toThrowError(expect.objectContaining({ code: 'BAD_FORMAT' }));
  });
});
