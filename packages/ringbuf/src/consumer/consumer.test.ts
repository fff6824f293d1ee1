import { describe, expect, it } from 'vitest';
import {
  ConsumerLine,
  DESCRIPTOR_BYTES,
  DESCRIPTORS_OFFSET,
  Descriptor,
  Header,
  ProducerLine,
  RingMode,
} from '../abi.ts';
import { type MemoryRing, makeMemoryRing, readRecords, TEST_HEADER, writeRecord } from '../memory-ring.test.support.ts';
import type { RingErrorCode } from '../ring-error.ts';
import { RingConsumer } from './consumer.ts';

const CLOSED = { takeOpen: false };
const ALSO_OPEN = { takeOpen: true };

function ringError(code: RingErrorCode, ...words: string[]) {
  const pattern = words.map((word) => `(?=.*${word})`).join('');
  return expect.objectContaining({ name: 'RingError', code, message: expect.stringMatching(new RegExp(pattern)) });
}

/** Fills whole sub-buffers, one record each. */
function fill(ring: MemoryRing, count: number, timestamp = 5000): void {
  for (let i = 0; i < count; i++) {
    writeRecord(ring.producer, ring.header.subBufBytes, ring.producer.recorded, timestamp + i);
  }
}

function descriptorOffset(seq: number, { header }: MemoryRing): number {
  return DESCRIPTORS_OFFSET + (seq % header.subBufCount) * DESCRIPTOR_BYTES;
}

/** A ring with sub-buffer 1 closed and sub-buffer 2 open. */
function ringWithClosed(mode: RingMode = RingMode.DISCARD): MemoryRing {
  const ring = makeMemoryRing({ mode });
  fill(ring, 1, 5000);
  writeRecord(ring.producer, 100, 1, 6000);
  return ring;
}

describe('opening a ring', () => {
  it('gives the description of the ring by its producer', () => {
    expect(new RingConsumer(makeMemoryRing().storage).header).toEqual(TEST_HEADER);
  });

  it('cuts a long process name between two characters', () => {
    const procname = 'ä'.repeat(40);
    expect(new RingConsumer(makeMemoryRing({ procname: `x${procname}` }).storage).header.procname).toBe(
      `x${'ä'.repeat(31)}`,
    );
  });

  it.each([
    ['another magic number', Header.MAGIC, 0x12345678, 'NOT_A_RING', '12345678'],
    ['another version', Header.ABI_VERSION, 2, 'WRONG_ABI', 'version 2'],
    ['sub-buffers of no size', Header.SUB_BUF_BYTES, 0, 'CORRUPT', '0 bytes'],
    ['sub-buffers of an odd size', Header.SUB_BUF_BYTES, 4097, 'CORRUPT', '4097'],
    ['huge sub-buffers', Header.SUB_BUF_BYTES, 0x8000_0000, 'CORRUPT', '2147483648'],
    ['too large a ring', Header.SUB_BUF_BYTES, 8192, 'TRUNCATED', '20480'],
    ['one sub-buffer', Header.SUB_BUF_COUNT, 1, 'CORRUPT', '1 sub-buffers'],
    ['too many sub-buffers', Header.SUB_BUF_COUNT, 0xffff_ffff, 'CORRUPT', '4294967295 sub-buffers'],
    ['another header size', Header.HEADER_BYTES, 8192, 'CORRUPT', 'HEADER_BYTES is 8192'],
    ['an unknown mode', Header.MODE, 2, 'CORRUPT', 'MODE is 2'],
    ['an unknown clock', Header.CLOCK, 9, 'CORRUPT', 'CLOCK is 9'],
    ['too long a name', Header.PROCNAME_BYTES, 65, 'CORRUPT', 'PROCNAME_BYTES is 65'],
    ['a consumer before the first sub-buffer', ConsumerLine.CONSUMED_SEQ, 0, 'CORRUPT', 'CONSUMED_SEQ is 0'],
    ['a consumer beyond a sub-buffer', ConsumerLine.CONSUMED_BYTES, 4097, 'CORRUPT', 'CONSUMED_BYTES is 4097'],
  ] as const)('is refused with %s', (_, offset, value, code, word) => {
    const ring = makeMemoryRing();
    ring.dv.setUint32(offset, value, true);
    expect(() => new RingConsumer(ring.storage)).toThrow(ringError(code, word));
  });

  it.each([
    ['PACKET_SEQ', Number.NaN],
    ['PACKET_SEQ', -1],
    ['LAST_TIMESTAMP', Number.POSITIVE_INFINITY],
    ['LAST_TIMESTAMP', 3.39519326554e-313],
    ['LAST_TIMESTAMP', 0.5],
    ['CONSUMED_RECORDS', 0.5],
  ] as const)('is refused with a stored %s of %d', (name, value) => {
    const ring = makeMemoryRing();
    ring.dv.setFloat64(ConsumerLine[name], value, true);
    expect(() => new RingConsumer(ring.storage)).toThrow(ringError('CORRUPT', `${name}.* is ${value}`));
  });

  it('is refused for a file of another size than the header says', () => {
    const { storage } = makeMemoryRing();
    expect(() => new RingConsumer({ ...storage, bytes: storage.bytes - 1 })).toThrow(ringError('TRUNCATED'));
    expect(() => new RingConsumer({ ...storage, bytes: storage.bytes + 1 })).toThrow(ringError('CORRUPT'));
    expect(() => new RingConsumer({ ...storage, bytes: 100 })).toThrow(ringError('TRUNCATED', '100 bytes'));
  });

  it('is refused for another ring than the one announced', () => {
    const { storage } = makeMemoryRing();
    expect(new RingConsumer(storage, { streamClassId: 3, uuid: TEST_HEADER.uuid }).header.streamClassId).toBe(3);
    expect(() => new RingConsumer(storage, { streamClassId: 4 })).toThrow(ringError('UNEXPECTED', '3', '4'));
    expect(() => new RingConsumer(storage, { uuid: new Uint8Array(16) })).toThrow(ringError('UNEXPECTED', 'UUID'));
  });
});

describe('taking', () => {
  it('finds nothing in a ring that nothing was recorded into', () => {
    const consumer = new RingConsumer(makeMemoryRing().storage);
    expect([consumer.next(ALSO_OPEN), consumer.next(CLOSED)]).toEqual([null, null]);
  });

  it('leaves the open sub-buffer alone unless asked for it', () => {
    const ring = makeMemoryRing();
    writeRecord(ring.producer, 100, 0, 5000);
    const consumer = new RingConsumer(ring.storage);
    expect(consumer.next(CLOSED)).toBeNull();
    expect(consumer.next(ALSO_OPEN)).toMatchObject({ seq: 1, begin: 0, recordCount: 1, packetSeq: 0 });
  });

  it('makes several packets of a sub-buffer, each beginning when the one before ended', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    const spans: number[][] = [];
    for (const serial of [0, 1, 2]) {
      writeRecord(ring.producer, 100, serial, 5000 + serial * 10);
      const taken = consumer.next(ALSO_OPEN)!;
      expect(readRecords(taken.bytes).map((record) => record.serial)).toEqual([serial]);
      spans.push([taken.begin, taken.beginTimestamp, taken.endTimestamp, taken.packetSeq, taken.recordCount]);
      consumer.release(taken);
      expect(consumer.next(ALSO_OPEN)).toBeNull();
    }
    expect(spans).toEqual([
      [0, 4999, 5000, 0, 1],
      [100, 5000, 5010, 1, 1],
      [200, 5010, 5020, 2, 1],
    ]);
  });

  it('frees a sub-buffer for the producer only when it is released', () => {
    const ring = makeMemoryRing();
    fill(ring, 2);
    const consumer = new RingConsumer(ring.storage);
    const taken = consumer.next(CLOSED)!;
    expect(ring.producer.makeRoom(100, 6000)).toBe(false);
    consumer.release(taken);
    expect(ring.producer.makeRoom(100, 6000)).toBe(true);
  });

  it('frees a sub-buffer that was taken whole while it was open, once it is closed', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    fill(ring, 1);
    consumer.release(consumer.next(ALSO_OPEN)!);
    fill(ring, 1);
    expect(ring.producer.makeRoom(100, 6000)).toBe(false);
    expect(consumer.next(CLOSED)).toBeNull();
    expect(ring.producer.makeRoom(100, 6000)).toBe(true);
  });

  it('releases only its newest records, and once', () => {
    const consumer = new RingConsumer(ringWithClosed().storage);
    const first = consumer.next(CLOSED)!;
    const second = consumer.next(CLOSED)!;
    expect(() => consumer.release(first)).toThrow('only the newest');
    consumer.release(second);
    expect(() => consumer.release(second)).toThrow('only the newest');
  });

  it('stays where it was when the release cannot be stored', () => {
    const ring = ringWithClosed();
    const consumer = new RingConsumer(ring.storage);
    const taken = consumer.next(CLOSED)!;
    ring.beforeWrite = () => {
      throw new Error('no');
    };
    expect(() => consumer.release(taken)).toThrow('no');
    ring.beforeWrite = () => {};
    expect(consumer.next(CLOSED)).toMatchObject({ seq: 1, packetSeq: 0 });
  });

  it('rounds clock values down to whole cycles', () => {
    const ring = makeMemoryRing();
    writeRecord(ring.producer, 100, 0, 5000.75);
    writeRecord(ring.producer, 100, 1, 5001.75);
    const consumer = new RingConsumer(ring.storage);
    expect(consumer.next(ALSO_OPEN)).toMatchObject({ beginTimestamp: 4999, endTimestamp: 5001 });
  });

  it('ends a packet later than it begins when the clock went back', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    writeRecord(ring.producer, 100, 0, 5000);
    consumer.release(consumer.next(ALSO_OPEN)!);
    writeRecord(ring.producer, 100, 1, 4000);
    expect(consumer.next(ALSO_OPEN)).toMatchObject({ beginTimestamp: 5000, endTimestamp: 5001 });
  });

  it('begins no two packets at the same time, whichever records are alone in a packet', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    const begins: number[] = [];
    const take = () => {
      const taken = consumer.next(ALSO_OPEN)!;
      consumer.release(taken);
      begins.push(taken.beginTimestamp);
    };
    writeRecord(ring.producer, 100, 0, 5000);
    take();
    fill(ring, 1, 5010);
    // The ring is full: this event is discarded, and the packet before the next record reports it.
    expect(writeRecord(ring.producer, 100, 2, 5100)).toBe(false);
    expect(consumer.next(CLOSED)).toBeNull();
    writeRecord(ring.producer, 100, 2, 5200);
    take();
    take();
    writeRecord(ring.producer, 100, 3, 5210);
    take();
    expect(begins).toEqual([...new Set(begins)].sort((a, b) => a - b));
    expect(begins).toHaveLength(4);
  });

  it('lets no record lie before its packet, though records in a row have the same time', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    for (let i = 0; i < 4; i++) {
      fill(ring, 1, 5000);
      const taken = consumer.next(CLOSED);
      if (i === 0) expect(taken).toBeNull();
      else expect([taken!.beginTimestamp <= 5000, taken!.endTimestamp]).toEqual([true, 5000]);
      if (taken !== null) consumer.release(taken);
    }
  });

  it('gives the events discarded up to the next sub-buffer, or up to now for the newest', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    fill(ring, 1);
    ring.producer.makeRoom(5000, 5000);
    fill(ring, 1);
    fill(ring, 3);
    const first = consumer.next(CLOSED)!;
    expect([first.seq, first.eventsDiscardedAtEnd]).toEqual([1, 1]);
    consumer.release(first);
    expect(consumer.next(ALSO_OPEN)).toMatchObject({ seq: 2, eventsDiscardedAtEnd: 4 });
  });

  it('ends a packet that reports discarded events just before the first record of the next sub-buffer', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    fill(ring, 2, 5000);
    expect(writeRecord(ring.producer, 100, 2, 5100)).toBe(false);
    consumer.release(consumer.next(CLOSED)!);
    expect(writeRecord(ring.producer, 100, 2, 5200)).toBe(true);
    expect(consumer.next(CLOSED)).toMatchObject({ endTimestamp: 5199, eventsDiscardedAtEnd: 1 });
    consumer.release(consumer.next(CLOSED)!);
    expect(consumer.next(ALSO_OPEN)).toMatchObject({ beginTimestamp: 5199, endTimestamp: 5200 });
  });

  it('ends a packet that reports discarded events with its newest record if the tracer stores no open time', () => {
    const ring = makeMemoryRing();
    const consumer = new RingConsumer(ring.storage);
    fill(ring, 1, 5000);
    ring.producer.makeRoom(5000, 5100);
    fill(ring, 1, 5200);
    ring.dv.setFloat64(descriptorOffset(2, ring) + Descriptor.OPEN_TIMESTAMP, 0, true);
    expect(consumer.next(CLOSED)).toMatchObject({ endTimestamp: 5000, eventsDiscardedAtEnd: 1 });
  });

  it('counts no fewer discarded events for the open sub-buffer than when it was opened, though words come in any order', () => {
    const ring = makeMemoryRing();
    fill(ring, 1);
    ring.producer.makeRoom(5000, 5000);
    writeRecord(ring.producer, 100, 1, 5001);
    const { storage } = ring;
    const before = new RingConsumer(storage);
    before.release(before.next(CLOSED)!);
    const consumer = new RingConsumer({
      ...storage,
      read(target, position) {
        storage.read(target, position);
        // One read of the producer line that got an old DISCARDED_BIG together with a new OPEN_SEQ.
        if (position === ProducerLine.BEGUN)
          new DataView(target.buffer).setFloat64(ProducerLine.DISCARDED_BIG - position, 0);
      },
    });
    // A consumer that starts here has no earlier count to go by.
    expect(consumer.next(ALSO_OPEN)).toMatchObject({ seq: 2, eventsDiscardedAtEnd: 1 });
  });

  it('gives the counters of the producer', () => {
    const ring = makeMemoryRing();
    fill(ring, 3);
    ring.producer.makeRoom(5000, 5000);
    ring.producer.countFailed();
    ring.producer.countNested();
    expect(new RingConsumer(ring.storage).counters()).toEqual({
      recorded: 2,
      discardedFull: 1,
      discardedBig: 1,
      failed: 1,
      nested: 1,
    });
  });
});

describe('waiting bytes', () => {
  it('are all bytes of a closed sub-buffer and the committed bytes of the open one', () => {
    const ring = ringWithClosed();
    const consumer = new RingConsumer(ring.storage);
    expect(consumer.waitingBytes).toBe(0);
    consumer.readUse();
    expect(consumer.waitingBytes).toBe(ring.header.subBufBytes + 100);
    const closed = consumer.next(CLOSED);
    if (closed !== null) consumer.release(closed);
    expect(consumer.waitingBytes).toBe(100);
    const open = consumer.next(ALSO_OPEN);
    if (open !== null) consumer.release(open);
    expect(consumer.waitingBytes).toBe(0);
    writeRecord(ring.producer, 50, 2, 7000);
    consumer.readUse();
    expect(consumer.waitingBytes).toBe(50);
  });

  it('never exceed the capacity of the ring, whatever the producer stores', () => {
    const ring = ringWithClosed();
    ring.dv.setUint32(descriptorOffset(2, ring) + Descriptor.COMMITTED, 0xffff_ffff, true);
    const consumer = new RingConsumer(ring.storage);
    consumer.readUse();
    expect(consumer.waitingBytes).toBe(2 * ring.header.subBufBytes);
  });
});

describe('the open sub-buffer of a busy producer', () => {
  const busyRing = (check: 'kept' | 'spoiled') => {
    const ring = makeMemoryRing({ subBufBytes: 65536 });
    const writeOne = () => {
      writeRecord(ring.producer, 100, ring.producer.recorded, 5000 + ring.producer.recorded);
      const at = descriptorOffset(ring.producer.openSeq, ring) + Descriptor.COMMIT_CHECK;
      if (check === 'spoiled') ring.dv.setFloat64(at, 0, true);
    };
    writeOne();
    ring.beforeRead = writeOne;
    return ring;
  };

  it('can be taken thanks to the check word, with the time of its newest record', () => {
    const taken = new RingConsumer(busyRing('kept').storage).next(ALSO_OPEN)!;
    expect(taken.endTimestamp).toBe(readRecords(taken.bytes).at(-1)!.timestamp);
  });

  it('is left alone while no two reads agree', () => {
    const ring = busyRing('spoiled');
    const consumer = new RingConsumer(ring.storage);
    expect(consumer.next(ALSO_OPEN)).toBeNull();
    ring.beforeRead = () => {};
    expect(consumer.next(ALSO_OPEN)?.recordCount).toBe(ring.producer.recorded);
  });

  it('of a producer killed in the middle of a commit is taken up to the record before', () => {
    const ring = makeMemoryRing();
    writeRecord(ring.producer, 100, 0, 5000);
    ring.dv.setFloat64(descriptorOffset(1, ring) + Descriptor.LAST_TIMESTAMP, 5005, true);
    const taken = new RingConsumer(ring.storage).next(ALSO_OPEN)!;
    expect([taken.bytes.length, taken.endTimestamp]).toEqual([100, 5005]);
  });
});

describe('overwrite mode', () => {
  it('begins with the oldest sub-buffer that is still there and counts the others as lost', () => {
    const ring = makeMemoryRing({ mode: RingMode.OVERWRITE, subBufCount: 4 });
    fill(ring, 10);
    const consumer = new RingConsumer(ring.storage);
    const taken = consumer.next(CLOSED)!;
    expect(taken).toMatchObject({ seq: 7, packetsLost: 6, packetSeq: 6, beginTimestamp: 5005, endTimestamp: 5006 });
    consumer.release(taken);
    expect(consumer.next(CLOSED)).toMatchObject({ seq: 8, packetsLost: 0, packetSeq: 7 });
  });

  it('drops a copy that the producer wrote into, and stays bounded when it always does', () => {
    const ring = makeMemoryRing({ mode: RingMode.OVERWRITE, subBufCount: 2 });
    fill(ring, 2);
    const consumer = new RingConsumer(ring.storage);
    let readCount = 0;
    ring.beforeRead = () => {
      readCount++;
      fill(ring, 3);
    };
    expect(consumer.next(CLOSED)).toBeNull();
    expect(readCount).toBeLessThan(500);
    ring.beforeRead = () => {};
    fill(ring, 1);
    const taken = consumer.next(CLOSED)!;
    expect(taken.seq).toBe(ring.producer.openSeq - 1);
    expect(taken.packetSeq).toBe(taken.seq - 1);
    expect(taken.packetsLost).toBe(taken.packetSeq);
  });
});

describe('going on after a crash', () => {
  it('takes records again that were not released', () => {
    const ring = ringWithClosed();
    const before = new RingConsumer(ring.storage).next(CLOSED)!;
    const bytes = Buffer.from(before.bytes);
    const after = new RingConsumer(ring.storage).next(CLOSED)!;
    expect({ ...after, bytes: Buffer.from(after.bytes) }).toEqual({ ...before, bytes });
  });

  it('moves past a packet that is in the trace file though it was not released', () => {
    const ring = makeMemoryRing();
    writeRecord(ring.producer, 100, 0, 5000);
    const { after } = new RingConsumer(ring.storage).next(ALSO_OPEN)!;
    writeRecord(ring.producer, 100, 1, 5010);
    const consumer = new RingConsumer(ring.storage);
    expect(consumer.resumeAt(after)).toBe(true);
    expect(consumer.resumeAt(after)).toBe(false);
    const taken = consumer.next(ALSO_OPEN)!;
    expect(taken).toMatchObject({ begin: 100, beginTimestamp: 5000, endTimestamp: 5010, packetSeq: 1, recordCount: 1 });
    expect(readRecords(taken.bytes)[0]!.serial).toBe(1);
  });

  it('resumes in a ring without a sub-buffer, for a packet that reported discarded events only', () => {
    const consumer = new RingConsumer(makeMemoryRing().storage);
    const position = { seq: 1, bytes: 0, records: 0, packetSeq: 1, lastTimestamp: 5000 };
    expect(consumer.resumeAt(position)).toBe(true);
    expect(consumer.position).toEqual(position);
    expect(consumer.next(ALSO_OPEN)).toBeNull();
    expect(() => consumer.resumeAt({ ...position, seq: 2, packetSeq: 2 })).toThrow(ringError('UNEXPECTED'));
  });

  it.each([
    ['a sub-buffer that was never opened', { seq: 3, bytes: 0 }],
    ['bytes beyond a sub-buffer', { seq: 1, bytes: 4097 }],
    ['a place further back', { seq: 1, bytes: 50 }],
  ])('refuses to resume at %s', (_, where) => {
    const ring = makeMemoryRing();
    writeRecord(ring.producer, 100, 0, 5000);
    const consumer = new RingConsumer(ring.storage);
    consumer.release(consumer.next(ALSO_OPEN)!);
    fill(ring, 1);
    const position = { records: 0, packetSeq: 2, lastTimestamp: 5000, ...where };
    expect(() => consumer.resumeAt(position)).toThrow(ringError('UNEXPECTED', `sub-buffer ${where.seq}`));
  });
});

describe('waking', () => {
  it('is asked for in the ring, kept over releases and by the next consumer, and ended', () => {
    const ring = ringWithClosed();
    const word = () => ring.dv.getUint32(ConsumerLine.WAKE_REQUESTED, true);
    const consumer = new RingConsumer(ring.storage);
    consumer.requestWake(true);
    expect(word()).toBe(1);
    consumer.release(consumer.next(CLOSED)!);
    expect([word(), consumer.next(CLOSED)]).toEqual([1, null]);
    const second = new RingConsumer(ring.storage);
    second.requestWake(false);
    expect(word()).toBe(0);
  });
});

describe('a damaged ring', () => {
  it.each([
    ['OPEN_SEQ', ProducerLine.OPEN_SEQ, 100],
    ['OPEN_SEQ', ProducerLine.OPEN_SEQ, 0xffff_ffff],
  ])('whose %s (at %i) is %i is corrupt', (name, offset, value) => {
    const ring = ringWithClosed();
    ring.dv.setUint32(offset, value, true);
    const consumer = new RingConsumer(ring.storage);
    expect(() => consumer.next(CLOSED)).toThrow(ringError('CORRUPT', `${name} is ${value}`));
  });

  it('whose OPEN_SEQ goes back is corrupt', () => {
    const ring = ringWithClosed();
    const consumer = new RingConsumer(ring.storage);
    consumer.release(consumer.next(CLOSED)!);
    ring.dv.setUint32(ProducerLine.OPEN_SEQ, 1, true);
    expect(() => consumer.next(ALSO_OPEN)).toThrow(ringError('CORRUPT', 'OPEN_SEQ is 1, it was 2'));
    expect(() => new RingConsumer(ring.storage).next(ALSO_OPEN)).toThrow(ringError('CORRUPT', 'OPEN_SEQ is 1'));
  });

  it.each(['DISCARDED_FULL', 'DISCARDED_BIG', 'FAILED', 'NESTED', 'RECORDED'] as const)(
    'with %s of NaN is corrupt',
    (name) => {
      const ring = ringWithClosed();
      ring.dv.setFloat64(ProducerLine[name], Number.NaN, true);
      expect(() => new RingConsumer(ring.storage).counters()).toThrow(ringError('CORRUPT', `${name} is NaN`));
    },
  );

  describe.each([
    ['discard', RingMode.DISCARD],
    ['overwrite', RingMode.OVERWRITE],
  ] as const)('in %s mode', (_, mode) => {
    it('with more committed than a sub-buffer holds is corrupt', () => {
      const ring = ringWithClosed(mode);
      ring.dv.setUint32(descriptorOffset(1, ring) + Descriptor.COMMITTED, 4097, true);
      expect(() => new RingConsumer(ring.storage).next(CLOSED)).toThrow(ringError('CORRUPT', 'COMMITTED', '4097'));
    });

    it('with less committed than was taken is corrupt', () => {
      const ring = ringWithClosed(mode);
      const consumer = new RingConsumer(ring.storage);
      consumer.release(consumer.next(CLOSED)!);
      consumer.release(consumer.next(ALSO_OPEN)!);
      ring.dv.setUint32(descriptorOffset(2, ring) + Descriptor.COMMITTED, 99, true);
      expect(() => consumer.next(ALSO_OPEN)).toThrow(ringError('CORRUPT', '99', '100 bytes were taken'));
    });

    it.each([
      ['BEGIN_TIMESTAMP', -1],
      ['BEGIN_TIMESTAMP', Number.NaN],
      ['LAST_TIMESTAMP', 2 ** 63],
      ['OPEN_TIMESTAMP', Number.NEGATIVE_INFINITY],
      ['RECORD_COUNT', 1.5],
      ['DISCARDED_AT_OPEN', Number.POSITIVE_INFINITY],
    ] as const)('with %s of %d is corrupt', (name, value) => {
      const ring = ringWithClosed(mode);
      ring.dv.setFloat64(descriptorOffset(1, ring) + Descriptor[name], value, true);
      expect(() => new RingConsumer(ring.storage).next(CLOSED)).toThrow(ringError('CORRUPT', `${name}.* is ${value}`));
    });
  });

  it('in discard mode with another sub-buffer in the slot is corrupt, in overwrite mode the sub-buffer is lost', () => {
    const discard = ringWithClosed();
    discard.dv.setUint32(descriptorOffset(1, discard) + Descriptor.SEQ, 77, true);
    expect(() => new RingConsumer(discard.storage).next(CLOSED)).toThrow(ringError('CORRUPT', 'SEQ is 77'));
    const overwrite = ringWithClosed(RingMode.OVERWRITE);
    overwrite.dv.setUint32(descriptorOffset(1, overwrite) + Descriptor.SEQ, 77, true);
    expect(new RingConsumer(overwrite.storage).next(ALSO_OPEN)).toMatchObject({ seq: 2, packetsLost: 1, packetSeq: 1 });
  });

  it('of nothing but noise behind the header never makes it throw anything else or take for ever', () => {
    let random = 12345;
    for (let round = 0; round < 500; round++) {
      const ring = makeMemoryRing({ mode: round % 2 === 0 ? RingMode.DISCARD : RingMode.OVERWRITE, subBufCount: 3 });
      fill(ring, 5);
      for (let change = 0; change < 4; change++) {
        random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
        const end = DESCRIPTORS_OFFSET + 3 * DESCRIPTOR_BYTES;
        const offset = ProducerLine.BEGUN + ((random >> 4) % (end - ProducerLine.BEGUN));
        ring.dv.setUint8(offset, (random >> 16) & 0xff);
      }
      let readCount = 0;
      ring.beforeRead = () => readCount++;
      const take = () => {
        const consumer = new RingConsumer(ring.storage);
        for (let count = 0; count < 10; count++) {
          const taken = consumer.next(ALSO_OPEN);
          if (taken !== null) consumer.release(taken);
        }
      };
      try {
        take();
      } catch (error) {
        expect(error).toMatchObject({ name: 'RingError' });
      }
      expect(readCount).toBeLessThan(3000);
    }
  });
});
