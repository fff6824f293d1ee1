import { uuidBytes } from '@ringtail/ctf';
import type { OpenRingRequest } from '@ringtail/protocol';
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
import { noStatistics, type StreamStatistics } from '../session/statistics.ts';
import type { RingIdentity } from '../source/ring/ring-packet-header.ts';

export interface SnapshotRingOptions {
  readonly request: OpenRingRequest;
  readonly identity: RingIdentity;
  /** Place of the trace in a snapshot. */
  readonly place: string;
  /** Name of its data stream in the trace. */
  readonly streamName: string;
  /** Owner of the ring, in words. */
  readonly owner: string;
}

/** Ring of a flight recorder: open, and not drained. A snapshot reads it and leaves it as it is. */
export class SnapshotRing {
  readonly place: string;
  readonly streamName: string;
  readonly identity: RingIdentity;
  readonly owner: string;
  readonly #file: RingFile;
  readonly #statistics = noStatistics();
  /** Counters of the producer when the ring was last cleared. */
  #cleared: RingCounters | undefined;
  #isClosed = false;

  /** @throws {RingError} if the file is not the ring that was announced */
  constructor({ request, identity, place, streamName, owner }: SnapshotRingOptions) {
    this.place = place;
    this.streamName = streamName;
    this.identity = identity;
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
   * Counts of the producer since the ring was made or cleared; the same object for the life of this ring. Nothing is in
   * a file, so `eventsRecorded` counts the events committed to the ring, also those that were overwritten.
   */
  get statistics(): StreamStatistics {
    return this.#statistics;
  }

  /** Reads the counters of the producer. The counts of a ring that cannot be read stay as they are. */
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
   * Bytes of packets that a snapshot may find shortly: the content of the ring, and a sub-buffer that is filled until
   * then.
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

  /** Later snapshots, and the counts, begin after everything that is committed now. A damaged ring stays as it is. */
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
