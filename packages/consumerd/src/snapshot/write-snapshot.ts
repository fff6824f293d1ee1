import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import type { SnapshotOutput } from '../output/snapshot-output.ts';
import { noStatistics, type StreamStatistics, sumStatistics } from '../output/stream-statistics.ts';
import { settled } from '../output/sync-or-async.ts';
import { Problems } from '../session/problems.ts';
import type { RecorderRing } from '../session/recorder-ring.ts';
import { SourceError } from '../source/source-error.ts';
import { byteShares } from './byte-shares.ts';
import { copySource } from './copy-source.ts';
import type { Turns } from './turns.ts';

export interface SnapshotTrace {
  readonly tracePath: string;
  /** All metadata at the time of the call. */
  metadata(): string;
}

export interface SnapshotOptions {
  readonly output: SnapshotOutput;
  /**
   * Copies only the newest packets, of at most this size together; null: all. The budget is divided among the rings,
   * and each gives one packet in any case. Metadata and index are not counted.
   */
  readonly maxBytes: number | null;
  readonly traces: readonly SnapshotTrace[];
  readonly rings: readonly RecorderRing[];
  /** Receives a sentence for each ring that could not be read. */
  readonly onProblem: (sentence: string) => void;
}

/**
 * Writes a snapshot in turns of one packet; the caller decides how long others wait.
 *
 * A snapshot that a former consumer wrote is not written again: its answer was lost, and is given again. Without a
 * trace, nothing is written.
 *
 * @returns statistics of the content of the snapshot
 * @throws {ConsumerError} `NOT_WRITTEN`, `DIRECTORY_REFUSED`. Nothing is left then, and the rings are as they were.
 */
export function* writeSnapshot(options: SnapshotOptions): Turns<SessionStatistics> {
  const { traces, output } = options;
  if (traces.length === 0) return sumStatistics([], []);
  const former = yield* settled(output.formerStatistics());
  if (former !== undefined) return former;
  const streams: StreamStatistics[] = [];
  try {
    yield* settled(output.begin(traces.map(({ tracePath }) => tracePath)));
    const problems = new Problems(options.onProblem);
    for (const { ring, bytesMax } of withShares(options, problems)) {
      const { source, tracePath, streamName, identity } = ring;
      const stream = yield* settled(output.openStream(tracePath, streamName, identity));
      const statistics = noStatistics();
      streams.push(statistics);
      const onDamaged = (error: SourceError) => problems.add(describeDamage(ring, error));
      yield* copySource({ source, bytesMax, stream, statistics, onDamaged });
      // Empty rings count as turns: a thousand of them take their time.
      yield;
    }
    const statistics = sumStatistics(streams, problems.list());
    // Everything that the packets refer to has been declared by now.
    yield* settled(
      output.complete(statistics, new Map(traces.map(({ tracePath, metadata }) => [tracePath, metadata()]))),
    );
    return statistics;
  } catch (error) {
    output.abandon();
    if (error instanceof RingtailError || errnoOf(error) === undefined) throw error;
    const { bytes } = sumStatistics(streams, []);
    const reason = errnoOf(error) === 'ENOSPC' ? 'the disk is full' : describeError(error);
    const sentence = `the snapshot ${output.location} was given up after ${bytes} bytes: ${reason}`;
    throw new ConsumerError('NOT_WRITTEN', `${sentence}. Nothing of it is left; the rings hold what they held`, {
      cause: error,
    });
  }
}

function withShares({ rings, maxBytes }: SnapshotOptions, problems: Problems) {
  if (maxBytes === null) return rings.map((ring) => ({ ring, bytesMax: Number.POSITIVE_INFINITY }));
  const wanted = rings.map((ring) => {
    try {
      return ring.source.bytesWanted();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      problems.add(describeDamage(ring, error));
      return 0;
    }
  });
  const shares = byteShares(wanted, maxBytes);
  return rings.map((ring, idx) => ({ ring, bytesMax: shares[idx] ?? 0 }));
}

function describeDamage(ring: RecorderRing, error: SourceError): string {
  return `a ring of ${ring.owner} is not in the snapshot, or not whole: ${describeError(error)}`;
}
