import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { assert, describeError, errnoOf } from '@ringtail/base';
import { asUser, type UserIds } from '@ringtail/posix';
import type { ChannelAttributes } from '@ringtail/protocol';
import { ConsumerError } from '../../consumer-error.ts';
import type { StreamDescription, TraceDescription, TraceOutput } from '../packet-output.ts';
import type { StreamStatistics } from '../stream-statistics.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { DataStreamFile, removedFrom } from './data-stream-file.ts';
import type { FileCalls } from './file-calls.ts';
import { lstatIfThere } from './lstat-if-there.ts';
import { MetadataFile } from './metadata-file.ts';
import { checkTraceDirectory, ensureTraceDirectory, stateDirectoryOf } from './trace-directory.ts';
import { checkTraceFileNames, namesIn, traceFileLimitsOf } from './trace-file-names.ts';

/** More data streams than this in one directory are not counted again after a restart. */
const STREAMS_MAX = 100_000;
const CHECKPOINT_SUFFIX = '.checkpoint';

export interface FileOutputOptions {
  /** Output directory of the session. */
  readonly directory: string;
  /** Owner of the files, if this process is root's. */
  readonly owner: UserIds;
  readonly calls: FileCalls;
  /** Receives a sentence where files were removed, moved or could not be repaired. */
  readonly onProblem: (sentence: string) => void;
}

/** Trace in files: its directory in the current trace chunk, with the metadata and the data streams. */
export class FileTrace implements TraceOutput {
  /** Directory of the trace in the current trace chunk. */
  readonly directory: string;
  /** Directory of the checkpoints, which stay when a trace chunk is moved away. */
  readonly stateDirectory: string;
  readonly #options: FileOutputOptions;
  readonly #trace: TraceDescription;
  readonly #onClose: () => void;
  readonly #channels = new Map<string, ChannelAttributes>();
  readonly #streams = new Set<DataStreamFile>();
  #chunkFile: MetadataFile;
  #nextChunkFile: MetadataFile | undefined;

  /**
   * Makes the directory and the start of the metadata, or continues both.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED`, `NOT_WRITTEN`
   */
  constructor(options: FileOutputOptions, trace: TraceDescription, onClose: () => void) {
    const { directory: output, owner } = options;
    this.#options = options;
    this.#trace = trace;
    this.#onClose = onClose;
    this.directory = join(output, trace.tracePath);
    this.stateDirectory = stateDirectoryOf(output, trace.uuid);
    this.#chunkFile = asUser(owner, () => {
      checkTraceDirectory(this.stateDirectory, output);
      return this.#openMetadata(this.directory);
    });
  }

  get streams(): ReadonlySet<DataStreamFile> {
    return this.#streams;
  }

  /** Directory of its domain in a trace chunk. */
  get domain(): string {
    return this.#trace.tracePath.split('/')[0] as string;
  }

  openChannel(channel: ChannelAttributes): void {
    for (const other of this.#channels.values()) checkTraceFileNames(other, channel);
    this.#channels.set(channel.name, channel);
  }

  openStream({ name, channel, ...identity }: StreamDescription): DataStreamFile {
    const { directory: root, owner, calls, onProblem } = this.#options;
    const stream = new DataStreamFile({
      directory: this.directory,
      name,
      identity,
      calls,
      state: { directory: this.stateDirectory, root },
      limits: traceFileLimitsOf(channel),
      owner,
      isChunkThere: () => {
        const isThere = this.checkWritten();
        if (!isThere) onProblem(removedFrom(this.directory));
        return isThere;
      },
      onProblem,
    });
    this.#streams.add(stream);
    return stream;
  }

  /** Reads the statistics from the checkpoints. */
  formerStatistics(): ReadonlyMap<string, StreamStatistics> {
    return asUser(this.#options.owner, () => {
      const statistics = new Map<string, StreamStatistics>();
      const names = namesIn(this.stateDirectory).filter((name) => name.endsWith(CHECKPOINT_SUFFIX));
      for (const name of names.slice(0, STREAMS_MAX)) {
        const path = join(this.directory, name.slice(0, -CHECKPOINT_SUFFIX.length));
        const checkpoints = CheckpointFile.read(join(this.stateDirectory, name));
        const newest = checkpoints.find(({ fileNumber, fileBytes }) => !isTorn(path, fileNumber, fileBytes));
        if (newest !== undefined) statistics.set(path, newest.statistics);
      }
      return statistics;
    });
  }

  appendMetadata(blocks: readonly string[]): void {
    this.#chunkFile.append(blocks);
  }

  rewriteMetadata(prologue: string): void {
    asUser(this.#options.owner, () => this.#chunkFile.rewrite(prologue));
  }

  /**
   * Checks the metadata of the current trace chunk, and writes it again where it alone was removed or changed:
   * everything else in the directory would be unreadable without it.
   *
   * @returns whether the metadata is there now. A directory that was removed is not made again
   */
  checkWritten(): boolean {
    try {
      const state = this.#repairMetadata();
      if (state === 'repaired') this.#options.onProblem(repairedIn(this.directory));
      return state !== 'removed';
    } catch (error) {
      if (!(error instanceof ConsumerError) && errnoOf(error) === undefined) throw error;
      this.#options.onProblem(describeError(error));
      return false;
    }
  }

  /** Makes the directory and the metadata of the current trace chunk again, if they were removed. */
  restore(): void {
    if (this.#repairMetadata() !== 'removed') return;
    this.prepareChunk(this.#options.directory);
    this.beginChunk();
  }

  /**
   * Writes the whole metadata for a new trace chunk below `root`. @throws {ConsumerError} `DIRECTORY_REFUSED`,
   * `NOT_WRITTEN`
   */
  prepareChunk(root: string): void {
    this.abandonChunk();
    const { tracePath, metadata } = this.#trace;
    asUser(this.#options.owner, () => {
      this.#nextChunkFile = this.#openMetadata(join(root, tracePath));
      this.#nextChunkFile.append(metadata.blocks);
    });
  }

  /** The prepared chunk has become the current one. */
  beginChunk(): void {
    const next = this.#nextChunkFile;
    assert(next !== undefined, 'a trace chunk is prepared before it begins');
    this.#chunkFile.close();
    this.#chunkFile = next;
    this.#nextChunkFile = undefined;
    next.movedTo(join(this.directory, 'metadata'));
  }

  abandonChunk(): void {
    this.#nextChunkFile?.close();
    this.#nextChunkFile = undefined;
  }

  /** Removes the checkpoints of data streams that are closed. */
  forgetClosedStreams(): void {
    for (const stream of this.#streams) if (stream.isClosed) this.#streams.delete(stream);
    if (!checkTraceDirectory(this.stateDirectory, this.#options.directory)) return;
    const kept = new Set([...this.#streams].map(({ checkpointName }) => checkpointName));
    for (const name of namesIn(this.stateDirectory)) {
      if (!kept.has(name)) rmSync(join(this.stateDirectory, name), { force: true });
    }
  }

  close(): void {
    this.abandonChunk();
    this.#chunkFile.close();
    this.#onClose();
  }

  #repairMetadata(): 'there' | 'repaired' | 'removed' {
    const file = this.#chunkFile;
    return asUser(this.#options.owner, () => {
      if (file.isThere()) return 'there';
      if (!file.isDirectoryThere()) return 'removed';
      file.rewrite(this.#trace.metadata.prologue);
      return 'repaired';
    });
  }

  #openMetadata(directory: string): MetadataFile {
    const { directory: output, calls } = this.#options;
    const { uuid, metadata } = this.#trace;
    ensureTraceDirectory(directory, output);
    return MetadataFile.open(join(directory, 'metadata'), uuid, metadata.prologue, calls);
  }
}

function repairedIn(directory: string): string {
  return `${directory}/metadata was removed or changed while it was recorded, and has been written again (TRACE_REPAIRED)`;
}

/** Whether the packet of a checkpoint is not in its file. A file that is absent was archived with everything in it. */
function isTorn(path: string, fileNumber: number, fileBytes: number): boolean {
  const stats = lstatIfThere(path) ?? lstatIfThere(`${path}_${fileNumber}`);
  return stats !== undefined && stats.size < fileBytes;
}
