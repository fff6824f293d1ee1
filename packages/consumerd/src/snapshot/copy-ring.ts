import { RingError, type RingSnapshot } from '@ringtail/ringbuf';
import type { SnapshotStreamFile } from './snapshot-stream-file.ts';

/**
 * Copies what a ring holds into a file, one packet from `next` to `next`, and closes the file. A damaged ring is copied up to
 * the damage.
 *
 * @throws the system's error if the file cannot be written
 */
export function* copyRing(
  look: () => RingSnapshot,
  file: SnapshotStreamFile,
  onDamaged: (error: RingError) => void,
): Generator<void, void> {
  try {
    try {
      const snapshot = look();
      for (let packet = snapshot.next(); packet !== null; packet = snapshot.next()) {
        file.append(packet);
        file.statistics.packetsLost = snapshot.packetsLost;
        yield;
      }
      file.statistics.packetsLost = snapshot.packetsLost;
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      onDamaged(error);
    }
    file.finish();
  } finally {
    file.close();
  }
}
