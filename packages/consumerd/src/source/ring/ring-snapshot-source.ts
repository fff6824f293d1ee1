import { PACKET_HEADER_BYTES_MAX } from '@ringtail/ctf';
import { RingConsumer, type RingFile, RingSnapshot, unmoved } from '@ringtail/ringbuf';
import type { SnapshotSource, SourceCopy } from '../snapshot-source.ts';
import type { CopiedPacket, SourceCounters } from '../source.ts';
import { withSourceErrors } from './ring-errors.ts';
import { copiedPacketOf, encodeRingPacketHeader, expectationOf, type RingIdentity } from './ring-packets.ts';
import { sourceCountersOf } from './ring-source.ts';

/** Ring of a JavaScript thread as a source of snapshots. */
export class RingSnapshotSource implements SnapshotSource {
  readonly #file: RingFile;
  readonly #identity: RingIdentity;

  /** @throws {SourceError} if the file is not the ring of this data stream */
  constructor(file: RingFile, identity: RingIdentity) {
    this.#file = file;
    this.#identity = identity;
    withSourceErrors(() => this.#reader());
  }

  bytesWanted(): number {
    return withSourceErrors(() => {
      const reader = this.#reader();
      const held = reader.held();
      const filledBytes = held.length === 0 ? 0 : reader.header.subBufBytes;
      return held.reduce((sum, { bytes }) => sum + bytes + PACKET_HEADER_BYTES_MAX, filledBytes);
    });
  }

  copy(bytesMax: number): SourceCopy {
    const options = { ...expectationOf(this.#identity), bytesMax, packetOverheadBytes: PACKET_HEADER_BYTES_MAX };
    const snapshot = withSourceErrors(() => new RingSnapshot(this.#file, options));
    return {
      get packetsLost() {
        return snapshot.packetsLost;
      },
      next() {
        const content = withSourceErrors(() => snapshot.next());
        return content === null ? null : copiedPacketOf(content);
      },
      // Nothing of a ring is borrowed.
      close() {},
    };
  }

  encodeHeader(packet: CopiedPacket): Uint8Array {
    return encodeRingPacketHeader(this.#identity, packet);
  }

  drop(): number {
    return withSourceErrors(() => new RingConsumer(this.#file, expectationOf(this.#identity)).drop());
  }

  counters(): SourceCounters {
    return withSourceErrors(() => sourceCountersOf(this.#reader().counters()));
  }

  close(): void {
    this.#file.close();
  }

  /** A consumer that reads the ring as it is now, and leaves it so. */
  #reader(): RingConsumer {
    return new RingConsumer(unmoved(this.#file), expectationOf(this.#identity));
  }
}
