import type { ClockCycles } from '@ringtail/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIndexEntry, encodeIndexHeader, type IndexEntry, parseIndexFile } from './index-file.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const cycles = u64.map((value) => value as ClockCycles);
const anyEntry: fc.Arbitrary<IndexEntry> = fc.record({
  offsetBytes: u64,
  packetBits: u64,
  contentBits: u64,
  timestampBegin: cycles,
  timestampEnd: cycles,
  eventsDiscarded: u64,
  streamClassId: u64,
  streamInstanceId: u64,
  packetSequenceNumber: u64,
});

describe('an index file', () => {
  it('begins with magic number, version and entry size, big-endian', () => {
    expect(Buffer.from(encodeIndexHeader()).toString('hex')).toBe('c1f1dcc1000000010000000100000048');
  });

  it('is read back as it was written, and reports a torn last entry', () => {
    fc.assert(
      fc.property(fc.array(anyEntry), fc.integer({ min: 0, max: 71 }), (entries, trailingBytes) => {
        const parts = [encodeIndexHeader(), ...entries.map(encodeIndexEntry), new Uint8Array(trailingBytes)];
        expect(parseIndexFile(Buffer.concat(parts))).toEqual({ entries, trailingBytes });
      }),
    );
  });

  it.each([0, 4, 8, 12])('is none with the header word at %i damaged', (at) => {
    const bytes = encodeIndexHeader();
    bytes[at] = 0xee;
    expect(parseIndexFile(bytes)).toBeNull();
    expect(parseIndexFile(encodeIndexHeader().subarray(0, 15))).toBeNull();
  });
});
