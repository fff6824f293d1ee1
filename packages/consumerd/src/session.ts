import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { UserIds } from '@ringtail/posix';
import { addStatistics, NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import { CheckpointFile } from './checkpoint-file.ts';
import { type StreamStatistics, sumStatistics, Troubles } from './statistics.ts';
import { namesIn } from './trace-file-names.ts';

/** More data streams than this in one directory are not counted again after a restart. */
const STREAMS_MAX = 100_000;

/** Where the trace chunks of a session are, and whose. */
export interface SessionPlace {
  readonly output: string;
  readonly owner: UserIds;
}

/** What a session's data streams have come to, those of rings and traces long closed included. */
export class Session {
  readonly name: string;
  readonly troubles: Troubles;
  /** Undefined of a flight recorder. Known once there is a trace, or was. */
  place: SessionPlace | undefined;
  /** By trace, then by path of the data stream file. */
  readonly #streams = new Map<number, Map<string, StreamStatistics>>();
  #closedTraces = NO_STATISTICS;

  constructor(name: string, onTrouble: (sentence: string) => void) {
    this.name = name;
    this.troubles = new Troubles(onTrouble);
  }

  /** Counts a data stream, in place of what {@link Session.countFormer} found of it. */
  addStream(trace: number, path: string, statistics: StreamStatistics): void {
    this.#streamsOf(trace).set(path, statistics);
  }

  /** Counts the data streams of a trace that a former consumer wrote, by their checkpoints. */
  countFormer(trace: number, traceDirectory: string, stateDirectory: string): void {
    const streams = this.#streamsOf(trace);
    const suffix = '.checkpoint';
    const names = namesIn(stateDirectory).filter((name) => name.endsWith(suffix));
    for (const name of names.slice(0, STREAMS_MAX)) {
      const path = join(traceDirectory, name.slice(0, -suffix.length));
      const checkpoints = CheckpointFile.read(join(stateDirectory, name));
      const newest = checkpoints.find(({ fileNumber, fileBytes }) => !isTorn(path, fileNumber, fileBytes));
      if (newest !== undefined && !streams.has(path)) streams.set(path, newest.statistics);
    }
  }

  /** Counts what traces have come to that a former consumer closed. */
  countClosedTraces(statistics: SessionStatistics): void {
    this.#closedTraces = statistics;
  }

  /** Nothing will change any more of what a trace has come to, which is answered. */
  closeTrace(trace: number): SessionStatistics {
    const statistics = sumStatistics(this.#streamsOf(trace).values(), []);
    this.#streams.delete(trace);
    this.#closedTraces = addStatistics(this.#closedTraces, statistics);
    return statistics;
  }

  /** Forgets the data streams but those of rings that are still open. */
  forgetFormer(open: ReadonlySet<StreamStatistics>): void {
    this.#closedTraces = NO_STATISTICS;
    for (const streams of this.#streams.values()) {
      for (const [path, statistics] of streams) if (!open.has(statistics)) streams.delete(path);
    }
  }

  statistics(): SessionStatistics {
    const streams = [...this.#streams.values()].flatMap((ofTrace) => [...ofTrace.values()]);
    return addStatistics(sumStatistics(streams, this.troubles.list()), this.#closedTraces);
  }

  #streamsOf(trace: number): Map<string, StreamStatistics> {
    const known = this.#streams.get(trace);
    if (known !== undefined) return known;
    const streams = new Map<string, StreamStatistics>();
    this.#streams.set(trace, streams);
    return streams;
  }
}

/** Whether the packet of a checkpoint is not in its file: one that is absent was archived with everything in it. */
function isTorn(path: string, fileNumber: number, fileBytes: number): boolean {
  const stats =
    statSync(path, { throwIfNoEntry: false }) ?? statSync(`${path}_${fileNumber}`, { throwIfNoEntry: false });
  return stats !== undefined && stats.size < fileBytes;
}
