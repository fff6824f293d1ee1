import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlChecksum } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noStatistics } from '../stream-statistics.ts';
import { type Checkpoint, CheckpointFile } from './checkpoint-file.ts';
import { systemCalls } from './file-calls.ts';

const CHECKPOINT: Checkpoint = {
  packetSeq: 7,
  eventsDiscardedReported: 3,
  fileNumber: 0,
  fileBytes: 4096,
  fileEvents: 10,
  filePackets: 1,
  chunkPacketSeq: 0,
  position: { seq: 8, bytes: 16, records: 2, packetSeq: 8, lastTimestamp: 12_345 },
  statistics: noStatistics(),
  cleared: { recorded: 0, discarded: 0, failed: 0, nested: 0 },
};

describe('a checkpoint file', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringtail-checkpoint-'));
    path = join(directory, 'stream.checkpoint');
    const file = new CheckpointFile(path, systemCalls);
    file.write(CHECKPOINT);
    file.close();
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('gives a checkpoint as it was written', () => {
    expect(CheckpointFile.read(path)).toEqual([CHECKPOINT]);
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 3.4e-313, 2 ** 64])(
    'gives none in which another writer has put %d, under a right checksum',
    (value) => {
      const bytes = readFileSync(path);
      const begin = bytes.findIndex((byte) => byte !== 0);
      const slot = bytes.subarray(begin - (begin % 256), begin - (begin % 256) + 256);
      const at = Array.from({ length: 30 }, (_, idx) => 8 + idx * 8).find(
        (offset) => slot.readDoubleLE(offset) === 12_345,
      );
      slot.writeDoubleLE(value, at);
      slot.writeUInt32LE(controlChecksum(slot.subarray(8)), 4);
      writeFileSync(path, bytes);
      expect(CheckpointFile.read(path)).toEqual([]);
    },
  );
});
