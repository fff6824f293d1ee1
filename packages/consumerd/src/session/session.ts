import { dirname, join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { asUser, type UserIds } from '@ringtail/posix';
import { addStatistics, NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import { CheckpointFile } from '../output/files/checkpoint-file.ts';
import { lstatIfThere } from '../output/files/lstat-if-there.ts';
import { namesIn } from '../output/files/trace-file-names.ts';
import type { TraceWriter } from '../output/files/trace-writer.ts';
import type { WrittenFiles } from '../output/files/written-files.ts';
import { type StreamStatistics, sumStatistics, Troubles } from './statistics.ts';

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
  /** What the files of a data stream hold, where that is known. */
  readonly #written = new Map<StreamStatistics, { readonly directory: string; readonly files: WrittenFiles }>();
  readonly #writers = new Map<number, TraceWriter>();
  #closedTraces = NO_STATISTICS;

  constructor(name: string, onTrouble: (sentence: string) => void) {
    this.name = name;
    this.troubles = new Troubles(onTrouble);
  }

  /** A trace has been opened. */
  addTrace(trace: number, writer: TraceWriter): void {
    this.#writers.set(trace, writer);
  }

  /** Counts a data stream, in place of what {@link Session.countFormer} found of it. */
  addStream(trace: number, path: string, statistics: StreamStatistics, written?: WrittenFiles): void {
    this.#streamsOf(trace).set(path, statistics);
    if (written !== undefined) this.#written.set(statistics, { directory: dirname(path), files: written });
  }

  /** The trace chunk has been archived: whatever becomes of it, it was written. */
  chunkArchived(): void {
    for (const { files } of this.#written.values()) files.forgetClosed();
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
    this.lookForRemoved();
    for (const stream of this.#streamsOf(trace).values()) this.#written.delete(stream);
    const statistics = sumStatistics(this.#streamsOf(trace).values(), []);
    this.#streams.delete(trace);
    this.#writers.delete(trace);
    this.#closedTraces = addStatistics(this.#closedTraces, statistics);
    return statistics;
  }

  /** Forgets the data streams but those of rings that are still open. */
  forgetFormer(open: ReadonlySet<StreamStatistics>): void {
    this.#closedTraces = NO_STATISTICS;
    for (const streams of this.#streams.values()) {
      for (const [path, statistics] of streams) {
        if (open.has(statistics)) continue;
        streams.delete(path);
        this.#written.delete(statistics);
      }
    }
  }

  /** Counts as lost what was in trace files that somebody has removed, and repairs metadata that is damaged alone. */
  lookForRemoved(): void {
    if (this.place === undefined) return;
    asUser(this.place.owner, () => {
      for (const [statistics, { directory, files }] of this.#written) {
        const { removed, movedTo } = files.settle(statistics);
        if (removed) this.troubles.add(removedFrom(directory));
        if (movedTo !== undefined) this.troubles.add(movedFrom(directory, movedTo));
      }
    });
    for (const writer of this.#writers.values()) this.keepMetadata(writer);
  }

  /** Whether the metadata of a trace chunk is there, perhaps again. */
  keepMetadata(writer: TraceWriter): boolean {
    try {
      const state = writer.keepMetadata();
      if (state === 'repaired') this.troubles.add(repairedIn(writer.directory));
      return state !== 'removed';
    } catch (error) {
      if (!(error instanceof ConsumerError) && errnoOf(error) === undefined) throw error;
      this.troubles.add(describeError(error));
      return false;
    }
  }

  statistics(): SessionStatistics {
    this.lookForRemoved();
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

/** Says that a part of a trace has been removed. */
export function removedFrom(directory: string): string {
  return `${directory}: files were removed, cut short, replaced or unmounted while they were recorded, and the events in them are lost (TRACE_REMOVED)`;
}

/** Says where a part of a trace is now. */
function movedFrom(directory: string, movedTo: string): string {
  return `${directory}: files were moved while they were recorded; the events in them are in ${movedTo} (TRACE_MOVED)`;
}

function repairedIn(directory: string): string {
  return `${directory}/metadata was removed or changed while it was recorded, and has been written again (TRACE_REPAIRED)`;
}

/** Whether the packet of a checkpoint is not in its file: one that is absent was archived with everything in it. */
function isTorn(path: string, fileNumber: number, fileBytes: number): boolean {
  const stats = lstatIfThere(path) ?? lstatIfThere(`${path}_${fileNumber}`);
  return stats !== undefined && stats.size < fileBytes;
}
