import { renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { asUser, type UserIds } from '@ringtail/posix';
import { STATE_DIRECTORY } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import type { RingDrain } from '../drain/ring-drain.ts';
import { lstatIfThere } from '../output/files/lstat-if-there.ts';
import { checkTraceDirectory, ensureTraceDirectory, outputOf } from '../output/files/trace-directory.ts';
import { namesIn } from '../output/files/trace-file-names.ts';
import type { TraceWriter } from '../output/files/trace-writer.ts';

/** In a trace chunk, what moves as a whole. */
const DOMAIN_DIRECTORY = 'ust';
/** In the session's directory while a rotation is under way, named as LTTng names it. */
const NEXT_CHUNK_DIRECTORY = '.tmp_new_chunk';
/** In a trace chunk, where the traces of processes are. */
const PROCESSES_DIRECTORY = join(DOMAIN_DIRECTORY, 'pid');

/** All that writes into the current trace chunk of a session. */
export interface TraceChunk {
  /** Directory of the session. */
  readonly output: string;
  readonly owner: UserIds;
  readonly writers: readonly TraceWriter[];
  readonly drains: readonly RingDrain[];
}

/**
 * Takes everything that is committed, moves the trace chunk into `archive` and goes on in a new one.
 *
 * All that can fail for want of room is done before anything is moved, and the move is one rename. So a consumer that dies
 * leaves either the old chunk as it was or the archive complete; whoever repeats the request sees which by the archive, and the
 * new chunk is made by whoever opens the traces again.
 *
 * @throws {ConsumerError} `BAD_REQUEST`, `DIRECTORY_REFUSED`, `NOT_WRITTEN`; or the system's error. The chunk goes on as it
 *   was then.
 */
export function rotateChunk(chunk: TraceChunk, archive: string): void {
  checkArchive(chunk.output, archive);
  const { output, owner, writers, drains } = chunk;
  const next = join(output, NEXT_CHUNK_DIRECTORY);
  asUser(owner, () => removeTree(next, output));
  if (isArchived(chunk, archive)) {
    for (const drain of drains) drain.noteChunk();
    return;
  }
  for (const drain of drains) drain.flush();
  for (const writer of writers) writer.restoreChunk(output);
  try {
    for (const writer of writers) writer.prepareChunk(next);
    for (const drain of drains) drain.suspend();
    asUser(owner, () => {
      ensureTraceDirectory(archive, output);
      const [current, archived] = [join(output, DOMAIN_DIRECTORY), join(archive, DOMAIN_DIRECTORY)];
      // With all processes gone nothing was prepared, and there may be nothing to archive either.
      if (writers.length === 0) ensureTraceDirectory(join(next, DOMAIN_DIRECTORY), output);
      if (writers.length > 0 || isThere(current)) exchange(current, archived, join(next, DOMAIN_DIRECTORY));
    });
  } catch (error) {
    for (const writer of writers) writer.abandonChunk();
    asUser(owner, () => removeQuietly(next, output, archive));
    throw error;
  }
  for (const writer of writers) writer.beginChunk();
  for (const drain of drains) drain.beginChunk();
  asUser(owner, () => removeQuietly(next, output));
}

/** Whether the rotation into this archive was carried out by a consumer that died before it answered. */
export function isArchived({ output, owner }: TraceChunk, archive: string): boolean {
  return asUser(owner, () => checkTraceDirectory(join(archive, DOMAIN_DIRECTORY), output));
}

/**
 * Drops everything that is committed in the rings and all packets of the trace chunk. The metadata stays, and archives do.
 * Of processes that have gone nothing stays.
 *
 * @throws the system's error; some of it has been dropped then
 */
export function clearChunk({ output, owner, writers, drains }: TraceChunk): void {
  for (const writer of writers) writer.restoreChunk(output);
  for (const drain of drains) {
    drain.drop();
    drain.suspend();
  }
  try {
    for (const drain of drains) drain.prepareClear();
    asUser(owner, () => {
      for (const { directory } of writers) {
        if (checkTraceDirectory(directory, output)) removePackets(directory);
      }
      const processes = join(output, PROCESSES_DIRECTORY);
      if (checkTraceDirectory(processes, output)) removeClosedTraces(processes, writers);
    });
  } catch (error) {
    for (const drain of drains) drain.abandonClear();
    throw error;
  }
  for (const drain of drains) drain.beginAnew();
}

/** Forgets what was noted of data streams that nobody writes any more. */
export function removeCheckpoints({ stateDirectory, owner }: TraceWriter, but: ReadonlySet<string>): void {
  if (stateDirectory === null) return;
  asUser(owner, () => {
    if (!checkTraceDirectory(stateDirectory, outputOf(stateDirectory))) return;
    for (const name of namesIn(stateDirectory)) {
      if (!but.has(name)) removeFile(join(stateDirectory, name));
    }
  });
}

/** Nobody will ask for these any more. */
export function removeAllCheckpoints(stateDirectory: string, owner: UserIds): void {
  asUser(owner, () => removeTree(stateDirectory, outputOf(stateDirectory)));
}

/** An archive is somewhere in the session's directory, but not in what moves or is ours. */
function checkArchive(output: string, archive: string): void {
  const below = relative(output, archive);
  const first = below.split('/')[0] ?? '';
  const reserved = ['', '..', DOMAIN_DIRECTORY, STATE_DIRECTORY, NEXT_CHUNK_DIRECTORY];
  if (!isAbsolute(below) && !reserved.includes(first)) return;
  throw new ConsumerError('BAD_REQUEST', `${archive} is no place for an archive of ${output}`);
}

function exchange(current: string, archived: string, next: string): void {
  renameSync(current, archived);
  try {
    renameSync(next, current);
  } catch (error) {
    renameSync(archived, current);
    throw error;
  }
}

/** Every data stream file has an index, made before it; nothing else in the directory is touched. */
function removePackets(directory: string): void {
  const suffix = '.idx';
  const indexDirectory = join(directory, 'index');
  for (const name of namesIn(indexDirectory).filter((entry) => entry.endsWith(suffix))) {
    const stream = name.slice(0, -suffix.length);
    if (/^(\.{0,2}|metadata)$/.test(stream)) continue;
    removeFile(join(directory, stream));
    removeFile(join(indexDirectory, name));
  }
}

function removeClosedTraces(processes: string, writers: readonly TraceWriter[]): void {
  const open = new Set(writers.map(({ directory }) => directory));
  for (const name of namesIn(processes)) {
    const directory = join(processes, name);
    if (!open.has(directory)) rmSync(directory, { recursive: true, force: true });
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function isThere(path: string): boolean {
  return lstatIfThere(path) !== undefined;
}

/** Removes a directory of ours. In one of somebody else's, entries could become links to other places while they are removed. */
function removeTree(directory: string, output: string): void {
  if (checkTraceDirectory(directory, output)) rmSync(directory, { recursive: true, force: true });
}

/** What is left of a rotation that came to nothing, or of its preparations. An archive goes only if it is empty. */
function removeQuietly(directory: string, output: string, archive?: string): void {
  try {
    removeTree(directory, output);
    if (archive !== undefined) rmdirSync(archive);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
