import type { SnapshotStream } from '../output/snapshot-output.ts';
import type { StreamStatistics } from '../output/stream-statistics.ts';
import { settled } from '../output/sync-or-async.ts';
import type { SnapshotSource, SourceCopy } from '../source/snapshot-source.ts';
import { SourceError } from '../source/source-error.ts';
import type { Turns } from './turns.ts';

export interface CopySourceOptions {
  readonly source: SnapshotSource;
  /** Limit of the packets' size; absent: all packets. */
  readonly bytesMax?: number;
  readonly stream: SnapshotStream;
  /** Receives the counts of the copied packets. */
  readonly statistics: StreamStatistics;
  readonly onDamaged: (error: SourceError) => void;
}

/**
 * Copies the content of a source into a data stream, one packet a turn, and closes the data stream. A damaged source is
 * copied up to the damage.
 *
 * @throws the system's error if the data stream cannot be written
 */
export function* copySource(options: CopySourceOptions): Turns<void> {
  const { source, bytesMax = Number.POSITIVE_INFINITY, stream, statistics, onDamaged } = options;
  let copy: SourceCopy | undefined;
  try {
    try {
      copy = source.copy(bytesMax);
      for (let packet = copy.next(); packet !== null; packet = copy.next()) {
        const header = source.encodeHeader(packet);
        const packetBytes = header.length + packet.records.length;
        yield* settled(stream.append({ ...packet, header, packetBytes }));
        statistics.bytes += packetBytes;
        statistics.packets += 1;
        statistics.eventsRecorded += packet.recordCount;
        statistics.eventsDiscarded = packet.eventsDiscarded;
        statistics.packetsLost = copy.packetsLost;
        yield;
      }
      statistics.packetsLost = copy.packetsLost;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      onDamaged(error);
    }
    yield* settled(stream.finish());
  } finally {
    copy?.close();
    stream.close();
  }
}
