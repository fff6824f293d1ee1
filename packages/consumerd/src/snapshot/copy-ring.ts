import { RingError, type RingSnapshot } from '@ringtail/ringbuf';
import type { SnapshotStream } from '../output/snapshot-output.ts';
import { settled } from '../output/sync-or-async.ts';
import type { StreamStatistics } from '../session/statistics.ts';
import { encodeRingPacketHeader, type RingIdentity } from '../source/ring/ring-packet-header.ts';
import { recordCountOf } from '../source/ring/ring-source.ts';
import type { Turns } from './turns.ts';

export interface RingCopy {
  readonly identity: RingIdentity;
  readonly open: () => RingSnapshot;
  readonly stream: SnapshotStream;
  /** Receives the counts of the copied packets. */
  readonly statistics: StreamStatistics;
  readonly onDamaged: (error: RingError) => void;
}

/**
 * Copies the content of a ring into a data stream, one packet a turn, and closes the data stream. A damaged ring is
 * copied up to the damage.
 *
 * @throws the system's error if the data stream cannot be written
 */
export function* copyRing({ identity, open, stream, statistics, onDamaged }: RingCopy): Turns<void> {
  try {
    try {
      const snapshot = open();
      for (let taken = snapshot.next(); taken !== null; taken = snapshot.next()) {
        const { bytes: records, eventsDiscardedAtEnd: eventsDiscarded } = taken;
        const packet = { ...taken, records, eventsDiscarded, recordCount: recordCountOf(taken) };
        const header = encodeRingPacketHeader(identity, packet);
        const packetBytes = header.length + records.length;
        yield* settled(stream.append({ ...packet, header, packetBytes }));
        statistics.bytes += packetBytes;
        statistics.packets += 1;
        statistics.eventsRecorded += packet.recordCount;
        statistics.eventsDiscarded = eventsDiscarded;
        statistics.packetsLost = snapshot.packetsLost;
        yield;
      }
      statistics.packetsLost = snapshot.packetsLost;
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      onDamaged(error);
    }
    yield* settled(stream.finish());
  } finally {
    stream.close();
  }
}
