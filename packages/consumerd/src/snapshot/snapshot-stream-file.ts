import { join } from 'node:path';
import { assert, type ClockCycles } from '@ringtail/base';
import { encodeIndexHeader, encodePacketHeader, readPacketHeader } from '@ringtail/ctf';
import type { SnapshotPacket } from '@ringtail/ringbuf';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from '../output/files/file-calls.ts';
import { indexEntryOf, type StreamIdentity } from '../output/files/packet-walk.ts';
import { noStatistics, type StreamStatistics } from '../session/statistics.ts';

/**
 * A data stream file of a snapshot, written once from its beginning to its end, with its index. Nobody continues it, so it
 * needs no checkpoints: a snapshot that is not finished is thrown away.
 */
export class SnapshotStreamFile {
  readonly #path: string;
  readonly #indexPath: string;
  readonly #identity: StreamIdentity;
  readonly #output: FileOutput;
  readonly #statistics = noStatistics();
  readonly #index: Uint8Array[] = [encodeIndexHeader()];
  #descriptor: number | undefined;

  /** The file is made with the first packet, in a directory that is there and has one called `index`. */
  constructor(directory: string, name: string, identity: StreamIdentity, output: FileOutput) {
    this.#path = join(directory, name);
    this.#indexPath = join(directory, 'index', `${name}.idx`);
    this.#identity = identity;
    this.#output = output;
  }

  /** Of what is written, of the same object all the time. */
  get statistics(): StreamStatistics {
    return this.#statistics;
  }

  /** @throws the system's error */
  append(packet: SnapshotPacket): void {
    const head = encodePacketHeader({
      ...this.#identity,
      streamInstanceId: BigInt(this.#identity.streamInstanceId),
      timestampBegin: BigInt(packet.beginTimestamp) as ClockCycles,
      timestampEnd: BigInt(packet.endTimestamp) as ClockCycles,
      recordBytes: packet.bytes.length,
      packetSequenceNumber: BigInt(packet.packetSeq),
      eventsDiscarded: BigInt(packet.discardedSnapshot),
    });
    const header = readPacketHeader(head);
    assert(header !== null, 'a packet header that was encoded can be read back');
    const statistics = this.#statistics;
    this.#descriptor ??= openTraceFile(this.#path);
    writeWhole(this.#output, this.#descriptor, [head, packet.bytes], statistics.bytes);
    this.#index.push(indexEntryOf(header, statistics.bytes));
    statistics.bytes += header.packetBytes;
    statistics.packets += 1;
    // A record takes a byte at least: a ring that claims more records than that cannot blow up the counts.
    statistics.eventsRecorded += Math.min(packet.recordCount, packet.bytes.length);
    statistics.eventsDiscarded = packet.discardedSnapshot;
  }

  /** Writes the index. @throws the system's error */
  finish(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = openTraceFile(this.#indexPath);
    try {
      writeWhole(this.#output, descriptor, [Buffer.concat(this.#index)], 0);
    } finally {
      closeQuietly(descriptor);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeQuietly(this.#descriptor);
    this.#descriptor = undefined;
  }
}
