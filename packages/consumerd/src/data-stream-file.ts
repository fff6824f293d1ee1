import { fstatSync, mkdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { assert, type ClockCycles, errnoOf } from '@ringtail/base';
import {
  encodeIndexHeader,
  encodePacketHeader,
  INDEX_ENTRY_BYTES,
  INDEX_HEADER_BYTES,
  readPacketHeader,
} from '@ringtail/ctf';
import { type Checkpoint, CheckpointFile } from './checkpoint-file.ts';
import { ConsumerError } from './consumer-error.ts';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from './file-output.ts';
import { beginsLikeTrace, indexEntryOf, type StreamIdentity, walkPackets } from './packet-walk.ts';

/** A packet to be: records and what its header says of them. */
export interface StreamPacket {
  readonly packetSeq: number;
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
  /** Events discarded in this data stream until the end of the packet. */
  readonly eventsDiscarded: number;
  /** Event records, back to back, in the final bytes. */
  readonly records: Uint8Array;
}

interface OpenFiles {
  readonly data: number;
  readonly index: number;
  readonly checkpoints: CheckpointFile;
}

/**
 * A data stream file with its index and its checkpoints: `<directory>/<name>`, `index/<name>.idx`, `index/<name>.checkpoint`.
 *
 * Order of writing: checkpoint, packet, index entry. The files hold whole packets after every call, even one that failed;
 * they are made with the first packet.
 */
export class DataStreamFile {
  readonly path: string;
  readonly #directory: string;
  readonly #name: string;
  readonly #identity: StreamIdentity;
  readonly #output: FileOutput;
  #files: OpenFiles | undefined;
  #bytes = 0;
  #packets = 0;

  constructor(directory: string, name: string, identity: StreamIdentity, output: FileOutput) {
    this.path = join(directory, name);
    this.#directory = directory;
    this.#name = name;
    this.#identity = identity;
    this.#output = output;
  }

  /** Size of the file, whole packets only. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Size that a packet with so many bytes of records takes. */
  packetBytes(recordBytes: number): number {
    return encodePacketHeader(this.#describe(0, 0, 0, 0, recordBytes)).length + recordBytes;
  }

  /**
   * Continues what a former consumer left: cuts a torn tail off and makes the index fit.
   *
   * @param unacknowledgedSeq the ring's next packet, by its consumer line: packets from it on are still in the ring
   * @returns the checkpoint of the last packet; null if there is no packet; undefined if the packets are there and their
   *   checkpoint is not, in which case only what the ring has acknowledged is kept
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if the file is something else; or the system's error
   */
  recover(unacknowledgedSeq: number): Checkpoint | null | undefined {
    if (!exists(this.path)) return null;
    const { data, index, checkpoints } = this.#open();
    if (!beginsLikeTrace(data, this.#identity.traceUuid)) {
      throw new ConsumerError('DIRECTORY_REFUSED', `${this.path} is not a data stream of this trace`);
    }
    let walked = walkPackets(data, this.#identity);
    let checkpoint = checkpoints.find(walked.lastPacketSeq);
    if (checkpoint === undefined && walked.lastPacketSeq >= unacknowledgedSeq) {
      walked = walkPackets(data, this.#identity, unacknowledgedSeq);
      checkpoint = checkpoints.find(walked.lastPacketSeq);
    }
    if (fstatSync(data).size !== walked.bytes) this.#output.truncate(data, walked.bytes);
    this.#repairIndex(index, Buffer.concat([encodeIndexHeader(), ...walked.indexEntries]));
    this.#bytes = walked.bytes;
    this.#packets = walked.indexEntries.length;
    return this.#packets === 0 ? null : checkpoint;
  }

  /**
   * Writes one packet.
   *
   * @throws the system's error; the files are as before, so the same packet or a longer one can be tried again
   */
  append(packet: StreamPacket, checkpoint: Checkpoint): void {
    assert(checkpoint.packetSeq === packet.packetSeq, 'a checkpoint is of the packet that follows it');
    const { data, index, checkpoints } = this.#open();
    const { packetSeq, beginTimestamp, endTimestamp, eventsDiscarded, records } = packet;
    const head = encodePacketHeader(
      this.#describe(packetSeq, beginTimestamp, endTimestamp, eventsDiscarded, records.length),
    );
    const header = readPacketHeader(head);
    assert(header !== null, 'a packet header that was encoded can be read back');
    const indexEnd = INDEX_HEADER_BYTES + this.#packets * INDEX_ENTRY_BYTES;
    try {
      checkpoints.write(checkpoint);
      writeWhole(this.#output, data, [head, records], this.#bytes);
      const entry = indexEntryOf(header, this.#bytes);
      if (this.#packets === 0) writeWhole(this.#output, index, [encodeIndexHeader(), entry], 0);
      else writeWhole(this.#output, index, [entry], indexEnd);
    } catch (error) {
      this.#output.truncate(data, this.#bytes);
      this.#output.truncate(index, this.#packets === 0 ? 0 : indexEnd);
      throw error;
    }
    this.#bytes += header.packetBytes;
    this.#packets += 1;
  }

  /** Rewrites the checkpoint of the last packet: its statistics have changed since. Nothing to do without a packet. */
  updateCheckpoint(checkpoint: Checkpoint): void {
    this.#files?.checkpoints.write(checkpoint);
  }

  close(): void {
    if (this.#files === undefined) return;
    closeQuietly(this.#files.data);
    closeQuietly(this.#files.index);
    this.#files.checkpoints.close();
    this.#files = undefined;
  }

  #describe(seq: number, begin: number, end: number, eventsDiscarded: number, recordBytes: number) {
    return {
      ...this.#identity,
      streamInstanceId: BigInt(this.#identity.streamInstanceId),
      timestampBegin: BigInt(begin) as ClockCycles,
      timestampEnd: BigInt(end) as ClockCycles,
      recordBytes,
      packetSequenceNumber: BigInt(seq),
      eventsDiscarded: BigInt(eventsDiscarded),
    };
  }

  #open(): OpenFiles {
    if (this.#files !== undefined) return this.#files;
    const opened: number[] = [];
    try {
      const indexDirectory = join(this.#directory, 'index');
      mkdirSync(indexDirectory, { mode: 0o700, recursive: true });
      const checkpoints = new CheckpointFile(join(indexDirectory, `${this.#name}.checkpoint`), this.#output);
      opened.push(openTraceFile(join(indexDirectory, `${this.#name}.idx`)), openTraceFile(this.path));
      this.#files = { index: opened[0] as number, data: opened[1] as number, checkpoints };
      return this.#files;
    } catch (error) {
      opened.forEach(closeQuietly);
      throw error;
    }
  }

  #repairIndex(index: number, expected: Buffer): void {
    const size = fstatSync(index).size;
    const found = Buffer.alloc(Math.min(size, expected.length));
    readSync(index, found, 0, found.length, 0);
    if (size === expected.length && found.equals(expected)) return;
    writeWhole(this.#output, index, [expected], 0);
    this.#output.truncate(index, expected.length);
  }
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
