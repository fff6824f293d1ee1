import { uuidBytes } from '@ringtail/ctf';
import { openRingFile, RingConsumer, type RingFile, RingMode, unmoved } from '@ringtail/ringbuf';
import type { PacketSource } from '../packet-source.ts';
import type { SnapshotSource } from '../snapshot-source.ts';
import type { StreamIdentity } from '../source.ts';
import { withSourceErrors } from './ring-errors.ts';
import { RingSnapshotSource } from './ring-snapshot-source.ts';
import { RingSource } from './ring-source.ts';
import { threadOf } from './thread-rings.ts';

/** Ring file whose processes have gone. It is only read, so that it can be read again. */
export interface OrphanedRing {
  /** In words. */
  readonly owner: string;
  readonly identity: StreamIdentity;
  readonly content:
    | { readonly of: 'session'; readonly source: PacketSource }
    | { readonly of: 'flight recorder'; readonly source: SnapshotSource };
  /** The source does not close the file. */
  close(): void;
}

export interface OrphanedRingOptions {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly traceUuid: string;
  readonly streamInstanceId: number;
}

/** @throws {SourceError} if the file is not a ring of this trace */
export function openOrphanedRing({ path, bytes, traceUuid, streamInstanceId }: OrphanedRingOptions): OrphanedRing {
  return withSourceErrors(() => {
    const file = openRingFile(path, bytes);
    try {
      const unclosed: RingFile = { ...unmoved(file), close: () => {} };
      const { header, position } = new RingConsumer(unclosed, { uuid: uuidBytes(traceUuid) });
      const { streamClassId, pid, tid, procname } = header;
      const identity = { traceUuid, streamClassId, streamInstanceId, pid: pid | 0, tid: tid | 0, procname };
      // Events that were overwritten before the crash are no loss of a flight recorder.
      const wasFlightRecorder = header.mode === RingMode.OVERWRITE && position.packetSeq === 0;
      return {
        owner: threadOf(header),
        identity,
        content: wasFlightRecorder
          ? { of: 'flight recorder', source: new RingSnapshotSource(unclosed, identity) }
          : { of: 'session', source: new RingSource(unclosed, identity) },
        close: () => file.close(),
      };
    } catch (error) {
      file.close();
      throw error;
    }
  });
}
