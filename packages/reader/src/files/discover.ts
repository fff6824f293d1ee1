import fs from 'node:fs';
import path from 'node:path';
import { describeError, errnoOf, isAbsence } from '@ringtail/base';
import { REMOVING_PREFIX } from '@ringtail/posix';
import { ReaderError } from '../reader-error.ts';
import { fileName, systemPath } from './file-names.ts';
import { packedSentence } from './packed-file.ts';
import { sizeOfFile } from './regular-file.ts';

const METADATA = 'metadata';

/**
 * Directories below the given one beyond this depth are not read. Output directories of sessions have six levels at
 * most.
 */
const DEPTH_MAX = 32;

/**
 * After this number of directories the search ends: a link may lead to a whole file system. Sessions of a thousand
 * processes that were rotated a hundred times have fewer.
 */
const DIRECTORIES_MAX = 250_000;

/** Where there is no trace, this number of files is checked for packed traces. */
const PACKED_MAX = 100;

/** A directory with a metadata file, and the files of its data streams. */
export interface TraceDirectory {
  /** Absolute. */
  readonly path: string;
  readonly metadataPath: string;
  /** Absolute, sorted; empty files are left out. */
  readonly dataPaths: readonly string[];
}

export interface FindOptions {
  /** Receives the error of a directory below, which is then left out. Without it, `findTraceDirectories` throws. */
  readonly onError?: ((error: ReaderError) => void) | undefined;
  /** Receives a sentence about a link that leads nowhere. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/**
 * Finds the traces at and below a directory, sorted by path.
 *
 * Directories below a trace are not searched: LTTng keeps its index there. Every regular file of a trace belongs to a
 * data stream, except the metadata and hidden files. FIFOs, sockets and devices are left out, as with Babeltrace.
 *
 * @throws {ReaderError} `UNREADABLE`, `NO_TRACE`
 */
export function findTraceDirectories(root: string, options: FindOptions = {}): TraceDirectory[] {
  const kind = kindOf(root);
  if (kind === 'file') throw noDirectory(root);
  if (kind === undefined && !fs.existsSync(systemPath(root))) {
    throw new ReaderError('UNREADABLE', 'there is no such directory').within(root);
  }
  const search = new TraceSearch(options);
  search.visit(path.resolve(root), 0);
  const { found, packed } = search;
  if (found.length > 0) return found;
  for (const file of packed) {
    const sentence = guarded(file, () => packedSentence(file));
    if (sentence !== undefined) throw new ReaderError('NO_TRACE', sentence).within(file);
  }
  throw new ReaderError(
    'NO_TRACE',
    'there is no trace here; for a session without events, "ringtail status" shows why',
  ).within(root);
}

function noDirectory(file: string): ReaderError {
  const sentence = guarded(file, () => packedSentence(file));
  const isOfTrace = fs.existsSync(path.join(path.dirname(path.resolve(file)), METADATA));
  const other = isOfTrace
    ? 'this is a file of a trace: name its directory'
    : 'this is a file, and a trace is a directory with a file called metadata';
  return new ReaderError('NO_TRACE', sentence ?? other).within(file);
}

function guarded<T>(file: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(file);
  }
}

class TraceSearch {
  readonly found: TraceDirectory[] = [];
  /** Files that may be packed traces, or the packed metadata of one. */
  readonly packed: string[] = [];
  readonly #options: FindOptions;
  readonly #seen = new Set<string>();

  constructor(options: FindOptions) {
    this.#options = options;
  }

  visit(directory: string, depth: number): void {
    const names = this.#namesIn(directory, depth);
    const metadataPath = path.join(directory, METADATA);
    if (names.includes(METADATA) && kindOf(metadataPath) === 'file') {
      const dataPaths = names
        .filter((name) => name !== METADATA && !name.startsWith('.'))
        .map((name) => path.join(directory, name))
        .filter((file) => this.#kindOf(file) === 'file' && (sizeOfFile(file) ?? 0) > 0);
      this.found.push({ path: directory, metadataPath, dataPaths });
      return;
    }
    for (const name of names) {
      const inner = path.join(directory, name);
      const kind = this.#kindOf(inner);
      if (kind === 'directory') this.visit(inner, depth + 1);
      else if (kind === 'file' && mayBePacked(name, depth) && this.packed.length < PACKED_MAX) this.packed.push(inner);
    }
  }

  /** Sorted; none where the directory was read before, or is left out. */
  #namesIn(directory: string, depth: number): readonly string[] {
    try {
      // Links are followed, so that a directory of links to traces works, but not in circles.
      const real = fileName(fs.realpathSync.native(systemPath(directory), 'buffer'));
      if (this.#seen.has(real)) return [];
      this.#seen.add(real);
      if (this.#seen.size > DIRECTORIES_MAX) {
        throw new ReaderError(
          'UNREADABLE',
          `there are more than ${DIRECTORIES_MAX} directories below: name one of them`,
        );
      }
      if (depth > DEPTH_MAX)
        throw new Error(`this directory is more than ${DEPTH_MAX} levels deep: name it to read it`);
      return fs.readdirSync(systemPath(directory), 'buffer').map(fileName).filter(isKept).sort();
    } catch (error) {
      const { onError } = this.#options;
      const isFinal = error instanceof ReaderError;
      const unreadable = isFinal
        ? error
        : new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(directory);
      if (isFinal || depth === 0 || onError === undefined) throw unreadable;
      onError(unreadable);
      return [];
    }
  }

  #kindOf(entry: string): Kind | undefined {
    const kind = kindOf(entry);
    if (kind === 'lost link') this.#options.onWarning?.(`${entry} is a link that leads nowhere: it is left out`);
    return kind;
  }
}

/** Whether it is not the remains of a removal that did not end. */
function isKept(name: string): boolean {
  return !name.startsWith(REMOVING_PREFIX);
}

/**
 * Whether a file can be a packed trace, or the packed metadata of one: other files below a directory are not traces.
 */
function mayBePacked(name: string, depth: number): boolean {
  return depth === 0 || name.startsWith(METADATA);
}

type Kind = 'file' | 'directory' | 'lost link' | 'other';

/** Kind of file at a path, behind any links; undefined if the path does not exist. */
function kindOf(entry: string): Kind | undefined {
  try {
    const stat = fs.statSync(systemPath(entry));
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (errnoOf(error) === 'ELOOP') return 'lost link';
    return isAbsence(error) && isLink(entry) ? 'lost link' : undefined;
  }
}

function isLink(entry: string): boolean {
  return fs.lstatSync(systemPath(entry), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
