import type { SessionStatistics } from '@ringtail/protocol';
import type { StreamIdentity } from '../source/source.ts';
import type { OutgoingPacket } from './packet-output.ts';
import type { Later } from './sync-or-async.ts';

/** Output of one data stream of a snapshot. Nobody continues it: an unfinished snapshot is thrown away. */
export interface SnapshotStream {
  append(packet: OutgoingPacket): Later<void>;
  /** All packets are appended. */
  finish(): Later<void>;
  close(): void;
}

/**
 * Output of one snapshot: a directory today; a relay connection later. A snapshot is there as a whole or not at all.
 */
export interface SnapshotOutput {
  /** Location of the snapshot, for people: a path, an address. */
  readonly location: string;
  /**
   * Statistics of this snapshot if a former consumer wrote it, and its answer was lost.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if something else is in its place
   */
  formerStatistics(): Later<SessionStatistics | undefined>;
  /** Begins a snapshot of these traces. @throws {ConsumerError} `NOT_WRITTEN`, `DIRECTORY_REFUSED` */
  begin(tracePaths: readonly string[]): Later<void>;
  openStream(tracePath: string, name: string, identity: StreamIdentity): Later<SnapshotStream>;
  /** Adds the metadata of each trace, and completes the snapshot in one step. */
  complete(statistics: SessionStatistics, metadata: ReadonlyMap<string, string>): Later<void>;
  /** Removes the unfinished snapshot. */
  abandon(): void;
}
