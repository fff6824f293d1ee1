import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionStatistics } from '@ringtail/protocol';
import { CheckpointFile } from './checkpoint-file.ts';
import { type StreamStatistics, sumStatistics, Troubles } from './statistics.ts';
import { namesIn } from './trace-file-names.ts';

/** More data streams than this in one directory are not counted again after a restart. */
const STREAMS_MAX = 100_000;

/** What a session's data streams have come to, those of rings long closed included. */
export class Session {
  readonly name: string;
  readonly troubles: Troubles;
  /** By path of the data stream file. */
  readonly #streams = new Map<string, StreamStatistics>();

  constructor(name: string, onTrouble: (sentence: string) => void) {
    this.name = name;
    this.troubles = new Troubles(onTrouble);
  }

  /** Counts a data stream, in place of what {@link Session.countFormer} found of it. */
  addStream(path: string, statistics: StreamStatistics): void {
    this.#streams.set(path, statistics);
  }

  /** Counts the data streams of a trace that a former consumer wrote, by their checkpoints. */
  countFormer(traceDirectory: string, stateDirectory: string): void {
    const suffix = '.checkpoint';
    const names = namesIn(stateDirectory).filter((name) => name.endsWith(suffix));
    for (const name of names.slice(0, STREAMS_MAX)) {
      const path = join(traceDirectory, name.slice(0, -suffix.length));
      const checkpoints = CheckpointFile.read(join(stateDirectory, name));
      const newest = checkpoints.find(({ fileNumber, fileBytes }) => !isTorn(path, fileNumber, fileBytes));
      if (newest !== undefined && !this.#streams.has(path)) this.#streams.set(path, newest.statistics);
    }
  }

  /** Forgets the data streams but those of rings that are still open. */
  forgetFormer(open: ReadonlySet<StreamStatistics>): void {
    for (const [path, statistics] of this.#streams) if (!open.has(statistics)) this.#streams.delete(path);
  }

  statistics(): SessionStatistics {
    return sumStatistics(this.#streams.values(), this.troubles.list());
  }
}

/** Whether the packet of a checkpoint is not in its file: one that is absent was archived with everything in it. */
function isTorn(path: string, fileNumber: number, fileBytes: number): boolean {
  const stats =
    statSync(path, { throwIfNoEntry: false }) ?? statSync(`${path}_${fileNumber}`, { throwIfNoEntry: false });
  return stats !== undefined && stats.size < fileBytes;
}
