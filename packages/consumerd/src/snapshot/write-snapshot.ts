import { dirname, join } from 'node:path';
import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import { PACKET_HEADER_BYTES_MAX } from '@ringtail/ctf';
import type { SessionStatistics } from '@ringtail/protocol';
import { RingError } from '@ringtail/ringbuf';
import { ConsumerError } from '../consumer-error.ts';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from '../output/files/file-calls.ts';
import { ensureSnapshotDirectory } from '../output/files/trace-directory.ts';
import { type StreamStatistics, sumStatistics, Troubles } from '../session/statistics.ts';
import { byteShares } from './byte-shares.ts';
import { copyRing } from './copy-ring.ts';
import { isInUse, nameWhole, partialOf, removeEmpty, removePartial } from './snapshot-directory.ts';
import { readNote, writeNote } from './snapshot-note.ts';
import type { SnapshotRing } from './snapshot-ring.ts';
import { SnapshotStreamFile } from './snapshot-stream-file.ts';

export interface SnapshotTrace {
  readonly place: string;
  /** All of the metadata by now. */
  metadata(): string;
}

export interface SnapshotOptions {
  readonly directory: string;
  /**
   * Only the newest packets, of at most so many bytes together; null: all. The budget is divided among the rings, and each
   * gives one packet in any case. Metadata and index are not counted.
   */
  readonly maxBytes: number | null;
  readonly traces: readonly SnapshotTrace[];
  readonly rings: readonly SnapshotRing[];
  readonly output: FileOutput;
  /** Told of rings that could not be read. */
  readonly onTrouble: (sentence: string) => void;
}

/**
 * Writes a snapshot, one packet from `next` to `next`: whoever steps through this decides how long others wait.
 *
 * It is written under another name, metadata last, and renamed when it is whole. So a directory of that name is a whole
 * snapshot: if it is there already, the answer of a former consumer was lost, and is given again. What a former consumer did
 * not finish is removed. Where there is no trace yet, nothing is made.
 *
 * @returns statistics of what is in the snapshot
 * @throws {ConsumerError} `NOT_WRITTEN`, `DIRECTORY_REFUSED`. Nothing is left then, and the rings are as they were.
 */
export function* writeSnapshot(options: SnapshotOptions): Generator<void, SessionStatistics> {
  const { directory, traces, output } = options;
  if (traces.length === 0) return sumStatistics([], []);
  if (isInUse(directory)) return formerStatistics(directory);
  const partial = partialOf(directory);
  const streams: StreamStatistics[] = [];
  try {
    removePartial(directory);
    for (const { place } of traces) ensureSnapshotDirectory(join(partial, place, 'index'), dirname(partial));
    const troubles = new Troubles(options.onTrouble);
    for (const { ring, bytesMax } of withShares(options, troubles)) {
      const file = new SnapshotStreamFile(join(partial, ring.place), ring.streamName, ring.identity, output);
      streams.push(file.statistics);
      const look = () => ring.snapshot({ bytesMax, packetOverheadBytes: PACKET_HEADER_BYTES_MAX });
      yield* copyRing(look, file, (error) => troubles.add(describeDamage(ring, error)));
      // A thousand rings that hold nothing take their time too.
      yield;
    }
    const statistics = sumStatistics(streams, troubles.list());
    writeNote(partial, statistics, output);
    // Whatever the packets refer to has been declared by now.
    for (const trace of traces) writeMetadata(join(partial, trace.place, 'metadata'), trace, output);
    nameWhole(directory);
    return statistics;
  } catch (error) {
    removeQuietly(directory, options.onTrouble);
    if (error instanceof RingtailError || errnoOf(error) === undefined) throw error;
    const { bytes } = sumStatistics(streams, []);
    const reason = errnoOf(error) === 'ENOSPC' ? 'the disk is full' : describeError(error);
    const what = `the snapshot ${directory} was given up after ${bytes} bytes: ${reason}`;
    throw new ConsumerError('NOT_WRITTEN', `${what}. Nothing of it is left; the rings hold what they held`, {
      cause: error,
    });
  }
}

function withShares({ rings, maxBytes }: SnapshotOptions, troubles: Troubles) {
  if (maxBytes === null) return rings.map((ring) => ({ ring, bytesMax: Number.POSITIVE_INFINITY }));
  const wanted = rings.map((ring) => {
    try {
      return ring.bytesWanted(PACKET_HEADER_BYTES_MAX);
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      troubles.add(describeDamage(ring, error));
      return 0;
    }
  });
  const shares = byteShares(wanted, maxBytes);
  return rings.map((ring, idx) => ({ ring, bytesMax: shares[idx] ?? 0 }));
}

/** What a former consumer wrote of the same snapshot and could not tell any more. */
function formerStatistics(directory: string): SessionStatistics {
  const statistics = readNote(directory);
  if (statistics !== undefined) return statistics;
  throw new ConsumerError('DIRECTORY_REFUSED', `${directory} holds something else than this snapshot`);
}

function writeMetadata(path: string, trace: SnapshotTrace, output: FileOutput): void {
  const descriptor = openTraceFile(path);
  try {
    writeWhole(output, descriptor, [Buffer.from(trace.metadata(), 'utf8')], 0);
  } finally {
    closeQuietly(descriptor);
  }
}

function removeQuietly(directory: string, onTrouble: (sentence: string) => void): void {
  try {
    removePartial(directory);
    removeEmpty(directory);
  } catch (error) {
    onTrouble(`cannot remove the unfinished snapshot ${partialOf(directory)}: ${describeError(error)}`);
  }
}

function describeDamage(ring: SnapshotRing, error: RingError): string {
  return `a ring of ${ring.owner} is not in the snapshot, or not whole: ${describeError(error)}`;
}
