import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INDEX_ENTRY_BYTES, INDEX_HEADER_BYTES, parseIndexFile, readPacketHeader } from '@ringtail/ctf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeRingPacketHeader } from '../../source/ring/ring-packets.ts';
import { failingCalls } from '../../testing/failing-calls.test.support.ts';
import { NOTHING_CLEARED, type StreamNote } from '../packet-output.ts';
import { noStatistics } from '../stream-statistics.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { DataStreamFile } from './data-stream-file.ts';
import { type FileCalls, systemCalls } from './file-calls.ts';

const IDENTITY = {
  traceUuid: '01234567-89ab-cdef-0123-456789abcdef',
  streamClassId: 3,
  streamInstanceId: 9,
  pid: 10,
  tid: 11,
  procname: 'node é',
};

let directory: string;
const dataPath = () => join(directory, 'channel0_9');
const indexPath = () => join(directory, 'index/channel0_9.idx');
const checkpointPath = () => join(directory, 'index/channel0_9.checkpoint');
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-stream-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function opened(calls: FileCalls = systemCalls): DataStreamFile {
  return new DataStreamFile({ directory, name: 'channel0_9', identity: IDENTITY, calls });
}

const records = (packetSeq: number) => Buffer.alloc(100 + packetSeq, packetSeq + 1);

const position = (packetSeq: number) => ({
  seq: 1,
  bytes: packetSeq,
  records: 5,
  packetSeq: packetSeq + 1,
  lastTimestamp: 10 + packetSeq,
});

/** Note of a packet; five events in each packet of the file, `bytes` long up to that packet. */
function noteOf(packetSeq: number, bytes: number): StreamNote {
  const statistics = {
    ...noStatistics(),
    eventsRecorded: 5 * (packetSeq + 1),
    eventsDiscarded: packetSeq,
    packets: packetSeq + 1,
    bytes,
  };
  return {
    packetSeq,
    position: position(packetSeq),
    statistics,
    cleared: NOTHING_CLEARED,
    eventsDiscardedReported: packetSeq,
    chunkPacketSeq: 0,
  };
}

/** Expects a file that continues behind a packet, and the checkpoint of that packet. */
function expectRecovered(file: DataStreamFile, unacknowledgedSeq: number, packetSeq: number): void {
  const found = file.recover(unacknowledgedSeq);
  const note = noteOf(packetSeq, statSync(dataPath()).size);
  const { statistics } = note;
  expect(found).toEqual({
    endTimestamp: 10 + packetSeq,
    eventsDiscarded: packetSeq,
    nextPacketSeq: packetSeq + 1,
    chunkPacketSeq: 0,
    note,
    statistics,
  });
  expect(CheckpointFile.read(checkpointPath())[0]).toEqual({
    ...note,
    fileNumber: 0,
    fileBytes: statistics.bytes,
    fileEvents: statistics.eventsRecorded,
    filePackets: statistics.packets,
  });
}

function append(file: DataStreamFile, packetSeq: number): void {
  const packet = {
    packetSeq,
    beginTimestamp: 9 + packetSeq,
    endTimestamp: 10 + packetSeq,
    eventsDiscarded: packetSeq,
    recordCount: 5,
    records: records(packetSeq),
    after: position(packetSeq),
  };
  const header = encodeRingPacketHeader(IDENTITY, packet);
  const packetBytes = header.length + packet.records.length;
  file.append({ ...packet, header, packetBytes }, noteOf(packetSeq, file.bytes + packetBytes));
}

function written(count: number): void {
  const file = opened();
  for (let packetSeq = 0; packetSeq < count; packetSeq++) append(file, packetSeq);
  file.close();
}

/** Checks that data and index hold exactly the packets `0 … count - 1`. */
function expectWhole(count: number): void {
  const data = readFileSync(dataPath());
  const index = parseIndexFile(readFileSync(indexPath()));
  expect(index?.trailingBytes).toBe(0);
  expect(index?.entries).toHaveLength(count);
  let at = 0;
  for (let packetSeq = 0; packetSeq < count; packetSeq++) {
    const header = readPacketHeader(data.subarray(at));
    expect(header).toMatchObject({ ...IDENTITY, streamInstanceId: 9n, packetSequenceNumber: BigInt(packetSeq) });
    expect(data.subarray(at + (header?.headerBytes ?? 0), at + (header?.packetBytes ?? 0))).toEqual(records(packetSeq));
    expect(index?.entries[packetSeq]).toMatchObject({
      offsetBytes: BigInt(at),
      packetBits: BigInt(header?.packetBytes ?? 0) * 8n,
      timestampEnd: BigInt(10 + packetSeq),
      eventsDiscarded: BigInt(packetSeq),
      streamClassId: 3n,
      streamInstanceId: 9n,
      packetSequenceNumber: BigInt(packetSeq),
    });
    at += header?.packetBytes ?? 0;
  }
  expect(data.length).toBe(at);
}

describe('DataStreamFile, writing', () => {
  it('makes no file before the first packet', () => {
    const file = opened();
    expect(file.recover(0)).toBeNull();
    file.close();
    expect(() => statSync(dataPath())).toThrowError(/ENOENT/);
  });

  it('writes packets and index entries, however little each write takes', () => {
    const file = opened(failingCalls(7));
    for (let packetSeq = 0; packetSeq < 3; packetSeq++) append(file, packetSeq);
    expect(file.bytes).toBe(statSync(dataPath()).size);
    file.close();
    expectWhole(3);
    expect(statSync(dataPath()).mode & 0o777).toBe(0o600);
  });

  it('is as before after a write that failed at any byte, and takes the packet afterwards', () => {
    const calls = failingCalls();
    const file = opened(calls);
    append(file, 0);
    const bytesOfAppend = 256 + file.bytes + 1 + INDEX_ENTRY_BYTES;
    for (let bytes = 0; bytes < bytesOfAppend; bytes += 13) {
      calls.failAfter(bytes, 'ENOSPC');
      expect(() => append(file, 1)).toThrowError(/ENOSPC/);
      expectWhole(1);
    }
    calls.recover();
    append(file, 1);
    file.close();
    expectWhole(2);
  });

  it('has no index entry of a first packet that failed', () => {
    const calls = failingCalls();
    const file = opened(calls);
    calls.failAfter(300, 'EIO');
    expect(() => append(file, 0)).toThrowError(/EIO/);
    expect(statSync(indexPath()).size).toBe(0);
    calls.recover();
    append(file, 0);
    file.close();
    expectWhole(1);
  });
});

describe('DataStreamFile, recovering', () => {
  it.each([1, 60, 190])('cuts off a packet of which %i bytes are there', (bytes) => {
    written(3);
    const lastBytes = 88 + Buffer.byteLength(IDENTITY.procname) + 1 + records(2).length;
    truncateSync(dataPath(), statSync(dataPath()).size - lastBytes + bytes);
    const file = opened();
    expectRecovered(file, 2, 1);
    expectWhole(2);
    append(file, 2);
    file.close();
    expectWhole(3);
  });

  it.each([
    ['is gone', () => rmSync(indexPath())],
    ['lacks the last entry', () => truncateSync(indexPath(), INDEX_HEADER_BYTES + 2 * INDEX_ENTRY_BYTES)],
    ['ends within an entry', () => truncateSync(indexPath(), INDEX_HEADER_BYTES + 2 * INDEX_ENTRY_BYTES + 5)],
    ['has an entry too many', () => appendFileSync(indexPath(), Buffer.alloc(INDEX_ENTRY_BYTES))],
    ['holds something else', () => writeFileSync(indexPath(), 'x'.repeat(5000))],
  ])('makes the index fit when it %s', (_what, damage) => {
    written(3);
    damage();
    const file = opened();
    expectRecovered(file, 3, 2);
    file.close();
    expectWhole(3);
  });

  it('keeps a packet that the ring does not acknowledge yet, by its checkpoint', () => {
    written(3);
    const file = opened();
    expectRecovered(file, 2, 2);
    file.close();
    expectWhole(3);
  });

  it('cuts off what the ring still has when the checkpoints are gone', () => {
    written(3);
    rmSync(checkpointPath());
    const file = opened();
    expect(file.recover(2)).toMatchObject({
      note: undefined,
      statistics: { eventsRecorded: 0, eventsDiscarded: 1, packets: 2, bytes: statSync(dataPath()).size },
    });
    file.close();
    expectWhole(2);
  });

  it('ignores a checkpoint that was written and whose packet was not', () => {
    written(2);
    const bytes = statSync(dataPath()).size;
    const file = opened();
    file.recover(2);
    append(file, 2);
    file.close();
    truncateSync(dataPath(), bytes);
    const next = opened();
    expectRecovered(next, 2, 1);
    next.close();
  });

  it('leaves the packets of another trace alone', () => {
    written(2);
    const before = readFileSync(dataPath());
    const identity = { ...IDENTITY, traceUuid: IDENTITY.traceUuid.replace('0', 'f') };
    const file = new DataStreamFile({ directory, name: 'channel0_9', identity, calls: systemCalls });
    expect(() => file.recover(0)).toThrowError(expect.objectContaining({ code: 'DIRECTORY_REFUSED' }));
    file.close();
    expect(readFileSync(dataPath())).toEqual(before);
  });
});
