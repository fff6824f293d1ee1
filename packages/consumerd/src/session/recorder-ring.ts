import { noStatistics, type StreamStatistics } from '../output/stream-statistics.ts';
import type { SnapshotSource } from '../source/snapshot-source.ts';
import type { SourceCounters, StreamIdentity } from '../source/source.ts';
import { SourceError } from '../source/source-error.ts';

export interface RecorderRingOptions {
  readonly source: SnapshotSource;
  readonly identity: StreamIdentity;
  /** Path of the trace in a snapshot. */
  readonly tracePath: string;
  /** Name of its data stream in the trace. */
  readonly streamName: string;
  /** Owner of the ring, in words. */
  readonly owner: string;
}

/** Ring of a flight recorder: open, and not drained. A snapshot copies it and leaves it as it is. */
export class RecorderRing {
  readonly source: SnapshotSource;
  readonly identity: StreamIdentity;
  readonly tracePath: string;
  readonly streamName: string;
  readonly owner: string;
  /**
   * Counts of the producer since the ring was made or cleared; the same object for the life of this ring. Nothing is in
   * a file, so `eventsRecorded` counts the events committed to the ring, also those that were overwritten.
   */
  readonly statistics: StreamStatistics = noStatistics();
  /** Counters of the producer when the ring was last cleared. */
  #cleared: SourceCounters = { recorded: 0, discarded: 0, failed: 0, nested: 0 };
  #isClosed = false;

  constructor({ source, identity, tracePath, streamName, owner }: RecorderRingOptions) {
    this.source = source;
    this.identity = identity;
    this.tracePath = tracePath;
    this.streamName = streamName;
    this.owner = owner;
  }

  /** Reads the counters of the producer. The counts of a ring that cannot be read stay as they are. */
  refreshStatistics(): void {
    if (this.#isClosed) return;
    unlessDamaged(() => {
      const counters = this.source.counters();
      const since = (name: keyof SourceCounters) => Math.max(0, counters[name] - this.#cleared[name]);
      this.statistics.eventsRecorded = since('recorded');
      this.statistics.eventsDiscarded = since('discarded');
      this.statistics.eventsFailed = since('failed');
      this.statistics.eventsNested = since('nested');
    });
  }

  /** Later snapshots, and the counts, begin after everything that is committed now. A damaged ring stays as it is. */
  clear(): void {
    unlessDamaged(() => {
      this.source.drop();
      this.#cleared = this.source.counters();
    });
    this.refreshStatistics();
  }

  /** Reads the counters once more and closes the source. */
  close(): void {
    if (this.#isClosed) return;
    this.refreshStatistics();
    this.#isClosed = true;
    this.source.close();
  }
}

function unlessDamaged(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
  }
}
