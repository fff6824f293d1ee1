import { fstatSync, mkdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { assert, type ClockCycles } from '@ringtail/base';
import {
  encodeIndexHeader,
  encodePacketHeader,
  INDEX_ENTRY_BYTES,
  INDEX_HEADER_BYTES,
  type PacketHeader,
  readPacketHeader,
} from '@ringtail/ctf';
import type { ConsumerPosition } from '@ringtail/ringbuf';
import { type Checkpoint, CheckpointFile } from './checkpoint-file.ts';
import { ConsumerError } from './consumer-error.ts';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from './file-output.ts';
import { beginsLikeTrace, indexEntryOf, type StreamIdentity, type WalkedPackets, walkPackets } from './packet-walk.ts';
import { noStatistics, type StreamStatistics } from './statistics.ts';

/** A packet to be: records and what its header says of them. */
export interface StreamPacket {
  readonly packetSeq: number;
  /** Clock values, whole cycles. */
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
  /** Events discarded in this data stream until the end of the packet. */
  readonly eventsDiscarded: number;
  readonly recordCount: number;
  /** Event records, back to back, in the final bytes. */
  readonly records: Uint8Array;
  /** Where the ring's consumer stands once the packet is released. */
  readonly after: ConsumerPosition;
}

/** What a former consumer left of a data stream. */
export interface RecoveredStream {
  /** timestamp_end and events_discarded of the last packet. */
  readonly endTimestamp: number;
  readonly eventsDiscarded: number;
  /** What was noted with the last packet; undefined where that is lost. */
  readonly checkpoint: Checkpoint | undefined;
  /** As of the last packet. Without a checkpoint the counts of events start anew. */
  readonly statistics: StreamStatistics;
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
  readonly #firstPacketSeq: number;
  #files: OpenFiles | undefined;
  #bytes = 0;
  #packets = 0;

  /** @param firstPacketSeq of the data stream's first packet, if none is lost */
  constructor(directory: string, name: string, identity: StreamIdentity, output: FileOutput, firstPacketSeq = 0) {
    this.path = join(directory, name);
    this.#directory = directory;
    this.#name = name;
    this.#identity = identity;
    this.#output = output;
    this.#firstPacketSeq = firstPacketSeq;
  }

  /** Size of the file, whole packets only. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Continues what a former consumer left: cuts a torn tail off and makes the index fit.
   *
   * @param unacknowledgedSeq the ring's next packet, by its consumer line: packets from it on are still in the ring, and
   *   are kept only if their checkpoint says what there is to know of them
   * @returns null if there is no packet
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if the file is something else; or the system's error
   */
  recover(unacknowledgedSeq: number): RecoveredStream | null {
    if (statSync(this.path, { throwIfNoEntry: false }) === undefined) return null;
    const { data, index, checkpoints } = this.#open();
    if (!beginsLikeTrace(data, this.#identity.traceUuid)) {
      throw new ConsumerError('DIRECTORY_REFUSED', `${this.path} is not a data stream of this trace`);
    }
    let walked = walkPackets(data, this.#identity);
    let checkpoint = checkpointOf(walked, checkpoints);
    if (checkpoint === undefined) {
      walked = walkPackets(data, this.#identity, unacknowledgedSeq);
      checkpoint = checkpointOf(walked, checkpoints);
    }
    if (fstatSync(data).size !== walked.bytes) this.#output.truncate(data, walked.bytes);
    this.#repairIndex(index, Buffer.concat([encodeIndexHeader(), ...walked.indexEntries]));
    this.#bytes = walked.bytes;
    this.#packets = walked.indexEntries.length;
    return walked.lastPacket === undefined ? null : this.#recovered(walked.lastPacket, checkpoint);
  }

  /**
   * Writes one packet.
   *
   * @param statistics of the data stream so far
   * @returns statistics with the packet in it
   * @throws the system's error; the files are as before, so the same packet or a longer one can be tried again
   */
  append(packet: StreamPacket, statistics: StreamStatistics): StreamStatistics {
    const { data, index, checkpoints } = this.#open();
    const head = encodePacketHeader({
      ...this.#identity,
      streamInstanceId: BigInt(this.#identity.streamInstanceId),
      timestampBegin: BigInt(packet.beginTimestamp) as ClockCycles,
      timestampEnd: BigInt(packet.endTimestamp) as ClockCycles,
      recordBytes: packet.records.length,
      packetSequenceNumber: BigInt(packet.packetSeq),
      eventsDiscarded: BigInt(packet.eventsDiscarded),
    });
    const header = readPacketHeader(head);
    assert(header !== null, 'a packet header that was encoded can be read back');
    const { packetSeq, recordCount, after: position } = packet;
    const packets = this.#packets + 1;
    const after: StreamStatistics = {
      ...statistics,
      eventsRecorded: statistics.eventsRecorded + recordCount,
      eventsDiscarded: Math.max(statistics.eventsDiscarded, packet.eventsDiscarded),
      packets,
      packetsLost: packetSeq + 1 - this.#firstPacketSeq - packets,
      bytes: this.#bytes + header.packetBytes,
    };
    const indexEnd = this.#packets === 0 ? 0 : INDEX_HEADER_BYTES + this.#packets * INDEX_ENTRY_BYTES;
    const entry = [...(this.#packets === 0 ? [encodeIndexHeader()] : []), indexEntryOf(header, this.#bytes)];
    try {
      checkpoints.write({ packetSeq, position, statistics: after });
      writeWhole(this.#output, data, [head, packet.records], this.#bytes);
      writeWhole(this.#output, index, entry, indexEnd);
    } catch (error) {
      this.#output.truncate(data, this.#bytes);
      this.#output.truncate(index, indexEnd);
      throw error;
    }
    this.#bytes = after.bytes;
    this.#packets = packets;
    return after;
  }

  /** Renews the checkpoint of the last packet, if there is one: the statistics have changed since. */
  updateCheckpoint(checkpoint: Checkpoint): void {
    if (this.#packets > 0) this.#files?.checkpoints.write(checkpoint);
  }

  close(): void {
    if (this.#files === undefined) return;
    closeQuietly(this.#files.data);
    closeQuietly(this.#files.index);
    this.#files.checkpoints.close();
    this.#files = undefined;
  }

  #recovered(header: PacketHeader, checkpoint: Checkpoint | undefined): RecoveredStream {
    const eventsDiscarded = Number(header.eventsDiscarded);
    const statistics = checkpoint?.statistics ?? noStatistics();
    return {
      endTimestamp: Number(header.timestampEnd),
      eventsDiscarded,
      checkpoint,
      statistics: {
        ...statistics,
        eventsDiscarded: Math.max(statistics.eventsDiscarded, eventsDiscarded),
        packets: this.#packets,
        packetsLost: Number(header.packetSequenceNumber) + 1 - this.#firstPacketSeq - this.#packets,
        bytes: this.#bytes,
      },
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

function checkpointOf({ lastPacket }: WalkedPackets, checkpoints: CheckpointFile): Checkpoint | undefined {
  return lastPacket && checkpoints.find(Number(lastPacket.packetSequenceNumber));
}
