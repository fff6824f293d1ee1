import { uuidBytes } from '@ringtail/ctf';
import type { OpenChannelRequest, OpenRingRequest } from '@ringtail/protocol';
import {
  openRingFile,
  RingConsumer,
  type RingCounters,
  RingError,
  type RingFile,
  RingSnapshot,
  type RingSnapshotOptions,
  unmoved,
} from '@ringtail/ringbuf';
import type { StreamIdentity } from '../output/files/packet-walk.ts';
import { noStatistics, type StreamStatistics } from '../session/statistics.ts';

export interface SnapshotRingOptions {
  readonly request: OpenRingRequest;
  readonly channel: OpenChannelRequest;
  readonly traceUuid: string;
  /** Where the trace is in a snapshot. */
  readonly place: string;
  /** Whose ring it is, in words. */
  readonly owner: string;
}

/** A ring of a flight recorder: open, but not drained. It is read when a snapshot is taken, and stays as it is. */
export class SnapshotRing {
  readonly place: string;
  /** Of its data stream in the trace. */
  readonly streamName: string;
  readonly identity: StreamIdentity;
  readonly owner: string;
  readonly #file: RingFile;
  readonly #statistics = noStatistics();
  /** The producer's counters when the ring was last cleared. */
  #cleared: RingCounters | undefined;
  #isClosed = false;

  /** @throws {RingError} if the file is not the ring that was announced */
  constructor({ request, channel, traceUuid, place, owner }: SnapshotRingOptions) {
    const { streamClassId, attributes } = channel;
    const { streamInstanceId, pid, tid, procname } = request;
    this.place = place;
    this.streamName = `${attributes.name}_${streamInstanceId}`;
    this.identity = { traceUuid, streamClassId, streamInstanceId, pid, tid, procname };
    this.owner = owner;
    this.#file = openRingFile(request.path, request.bytes);
    try {
      this.#consumer();
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /**
   * What the producer has counted since the ring was made or cleared, of the same object for the life of this ring. Nothing
   * is in a file, so `eventsRecorded` is what was committed to the ring, be it overwritten or not.
   */
  get statistics(): StreamStatistics {
    return this.#statistics;
  }

  /** Reads the producer's counters; those of a ring that cannot be read stay as they are. */
  refreshStatistics(): void {
    if (this.#isClosed) return;
    try {
      const counters = this.#consumer().counters();
      const since = (name: keyof RingCounters) => Math.max(0, counters[name] - (this.#cleared?.[name] ?? 0));
      this.#statistics.eventsRecorded = since('recorded');
      this.#statistics.eventsDiscarded = since('discardedFull') + since('discardedBig');
      this.#statistics.eventsFailed = since('failed');
      this.#statistics.eventsNested = since('nested');
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
    }
  }

  /**
   * Bytes of packets that a snapshot may find shortly: what the ring holds, and what comes until then.
   *
   * @param overheadBytes of each packet
   * @throws {RingError}
   */
  bytesWanted(overheadBytes: number): number {
    const consumer = this.#consumer();
    const { subBufBytes } = consumer.header;
    const held = consumer.held();
    return held.reduce((sum, { bytes }) => sum + bytes + overheadBytes, held.length === 0 ? 0 : subBufBytes);
  }

  /** @throws {RingError} */
  snapshot(options: RingSnapshotOptions): RingSnapshot {
    return new RingSnapshot(this.#file, { ...this.#expected(), ...options });
  }

  /** Has later snapshots, and the counts, begin after everything that is committed now. A damaged ring stays what it is. */
  clear(): void {
    try {
      const consumer = new RingConsumer(this.#file, this.#expected());
      consumer.drop();
      this.#cleared = consumer.counters();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
    }
    this.refreshStatistics();
  }

  /** Reads the counters once more and closes the file. */
  close(): void {
    if (this.#isClosed) return;
    this.refreshStatistics();
    this.#isClosed = true;
    this.#file.close();
  }

  #consumer(): RingConsumer {
    return new RingConsumer(unmoved(this.#file), this.#expected());
  }

  #expected() {
    return { streamClassId: this.identity.streamClassId, uuid: uuidBytes(this.identity.traceUuid) };
  }
}
