import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import { CheckpointFile } from './checkpoint-file.ts';
import type { FileOutput } from './file-output.ts';
import { type StreamStatistics, sumStatistics, Troubles } from './statistics.ts';

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

  /** Counts the data streams that a former consumer wrote to a trace directory, by their checkpoints. */
  countFormer(traceDirectory: string, output: FileOutput): void {
    const suffix = '.checkpoint';
    const indexDirectory = join(traceDirectory, 'index');
    const names = filesIn(indexDirectory).filter((name) => name.endsWith(suffix));
    for (const name of names.slice(0, STREAMS_MAX)) {
      const path = join(traceDirectory, name.slice(0, -suffix.length));
      const checkpoints = new CheckpointFile(join(indexDirectory, name), output);
      const newest = checkpoints.newestWithin(sizeOf(path));
      checkpoints.close();
      if (newest !== undefined && !this.#streams.has(path)) this.#streams.set(path, newest.statistics);
    }
  }

  statistics(): SessionStatistics {
    return sumStatistics(this.#streams.values(), this.troubles.list());
  }
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
