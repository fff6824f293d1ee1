import { dirname, join } from 'node:path';
import { describeError } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import { ConsumerError } from '../../consumer-error.ts';
import type { StreamIdentity } from '../../source/source.ts';
import type { SnapshotOutput } from '../snapshot-output.ts';
import { closeQuietly, type FileCalls, openTraceFile, writeWhole } from './file-calls.ts';
import { isInUse, nameWhole, partialOf, removeEmpty, removePartial } from './snapshot-directory.ts';
import { readNote, writeNote } from './snapshot-note.ts';
import { SnapshotStreamFile } from './snapshot-stream-file.ts';
import { ensureSnapshotDirectory } from './trace-directory.ts';

/**
 * Snapshot in a directory. It is written under another name, metadata last, and renamed when it is whole. So a
 * directory of that name is a whole snapshot.
 */
export class FileSnapshot implements SnapshotOutput {
  readonly location: string;
  readonly #calls: FileCalls;
  readonly #onProblem: (sentence: string) => void;

  constructor(directory: string, calls: FileCalls, onProblem: (sentence: string) => void) {
    this.location = directory;
    this.#calls = calls;
    this.#onProblem = onProblem;
  }

  formerStatistics(): SessionStatistics | undefined {
    if (!isInUse(this.location)) return undefined;
    const statistics = readNote(this.location);
    if (statistics !== undefined) return statistics;
    throw new ConsumerError('DIRECTORY_REFUSED', `${this.location} holds something else than this snapshot`);
  }

  begin(tracePaths: readonly string[]): void {
    const partial = this.#partial;
    removePartial(this.location);
    for (const tracePath of tracePaths) ensureSnapshotDirectory(join(partial, tracePath, 'index'), dirname(partial));
  }

  openStream(tracePath: string, name: string, identity: StreamIdentity): SnapshotStreamFile {
    return new SnapshotStreamFile(join(this.#partial, tracePath), name, identity, this.#calls);
  }

  complete(statistics: SessionStatistics, metadata: ReadonlyMap<string, string>): void {
    writeNote(this.#partial, statistics, this.#calls);
    for (const [tracePath, text] of metadata) this.#writeMetadata(join(this.#partial, tracePath, 'metadata'), text);
    nameWhole(this.location);
  }

  abandon(): void {
    try {
      removePartial(this.location);
      removeEmpty(this.location);
    } catch (error) {
      this.#onProblem(`cannot remove the unfinished snapshot ${this.#partial}: ${describeError(error)}`);
    }
  }

  get #partial(): string {
    return partialOf(this.location);
  }

  #writeMetadata(path: string, text: string): void {
    const descriptor = openTraceFile(path);
    try {
      writeWhole(this.#calls, descriptor, [Buffer.from(text, 'utf8')], 0);
    } finally {
      closeQuietly(descriptor);
    }
  }
}
