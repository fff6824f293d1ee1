import type { ClockCycles } from '@ringtail/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePacketHeader,
  PACKET_HEADER_BYTES_MAX,
  type PacketDescription,
  packetContextClass,
  packetHeaderClass,
  readPacketHeader,
} from './packet-header.ts';

const PACKET: PacketDescription = {
  traceUuid: '00112233-4455-6677-8899-aabbccddeeff',
  streamClassId: 7,
  streamInstanceId: 2n ** 63n,
  timestampBegin: 100n as ClockCycles,
  timestampEnd: (2n ** 64n - 1n) as ClockCycles,
  recordBytes: 12,
  packetSequenceNumber: 3n,
  eventsDiscarded: 4n,
  pid: 4711,
  tid: -1,
  procname: 'node',
};

describe('a packet header', () => {
  it('has the layout of the field classes', () => {
    const bytes = encodePacketHeader(PACKET);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      [
        'c11ffcc1',
        '00112233445566778899aabbccddeeff',
        '07000000',
        '0000000000000080',
        '6400000000000000',
        'ffffffffffffffff',
        // 93 bytes of header and 12 of records, in bits.
        '4803000000000000',
        '4803000000000000',
        '0300000000000000',
        '0400000000000000',
        '67120000',
        'ffffffff',
        '6e6f646500',
      ].join(''),
    );
    const members = [...packetHeaderClass().members, ...packetContextClass('c').members];
    const bits = members.map(({ fieldClass }) => {
      if (fieldClass.kind === 'integer') return fieldClass.bits;
      return fieldClass.kind === 'static-array' ? 8 * fieldClass.length : 0;
    });
    expect(bits.reduce((sum, size) => sum + size)).toBe(8 * (bytes.length - 'node\0'.length));
    expect(members.at(-1)).toMatchObject({ name: 'procname', fieldClass: { kind: 'string' } });
  });

  it('is read back as it was written', () => {
    const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const packets = fc.record({
      traceUuid: fc.uuid(),
      streamClassId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      streamInstanceId: u64,
      timestamps: fc.tuple(u64, u64).map(([a, b]) => (a < b ? [a, b] : [b, a]) as [ClockCycles, ClockCycles]),
      recordBytes: fc.integer({ min: 0, max: 2 ** 40 }),
      packetSequenceNumber: u64,
      eventsDiscarded: u64,
      pid: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      tid: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      procname: fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => !name.includes('\0')),
    });
    fc.assert(
      fc.property(packets, fc.uint8Array(), ({ timestamps, ...rest }, trailing) => {
        const packet = { ...rest, timestampBegin: timestamps[0], timestampEnd: timestamps[1] };
        const bytes = encodePacketHeader(packet);
        fc.pre(Buffer.byteLength(packet.procname) <= 64);
        expect(readPacketHeader(Buffer.concat([bytes, trailing]))).toEqual({
          ...packet,
          headerBytes: bytes.length,
          packetBytes: bytes.length + packet.recordBytes,
        });
      }),
    );
  });

  it('cuts a long name of a process between characters, and one with U+0000 there', () => {
    const procname = (name: string) => readPacketHeader(encodePacketHeader({ ...PACKET, procname: name }))?.procname;
    expect(procname('x'.repeat(100))).toBe('x'.repeat(64));
    expect(procname(`${'x'.repeat(63)}é`)).toBe('x'.repeat(63));
    expect(procname('a\0b')).toBe('a');
    expect(encodePacketHeader({ ...PACKET, procname: 'x'.repeat(100) }).length).toBe(PACKET_HEADER_BYTES_MAX);
  });

  it('is not found where one is cut short', () => {
    const bytes = encodePacketHeader(PACKET);
    for (let length = 0; length < bytes.length; length++) {
      expect(readPacketHeader(bytes.subarray(0, length))).toBeNull();
    }
  });

  it.each([
    ['the magic number', 0, 0],
    ['a content size that is not the packet size', 48, 0x50],
    ['a name without an end', 92, 0x41],
    ['a name that is no UTF-8', 88, 0xff],
  ])('is not found with %s damaged', (_, at, value) => {
    const bytes = encodePacketHeader(PACKET);
    expect(readPacketHeader(bytes)).not.toBeNull();
    bytes[at] = value;
    expect(readPacketHeader(bytes)).toBeNull();
  });

  it.each([
    ['smaller than its header', 92n * 8n],
    ['not of whole bytes', 105n * 8n + 1n],
    ['beyond any file', 2n ** 64n - 8n],
  ])('is not found for a packet %s', (_, bits) => {
    const bytes = encodePacketHeader(PACKET);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(48, bits, true);
    view.setBigUint64(56, bits, true);
    expect(readPacketHeader(bytes)).toBeNull();
  });

  it('is not found where the packet ends before it begins', () => {
    const bytes = encodePacketHeader(PACKET);
    new DataView(bytes.buffer).setBigUint64(40, 99n, true);
    expect(readPacketHeader(bytes)).toBeNull();
  });
});
