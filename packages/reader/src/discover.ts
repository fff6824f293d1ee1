import fs from 'node:fs';
import path from 'node:path';
import { describeError } from '@ringtail/base';
import { packedSentence } from './packed-file.ts';
import { ReaderError } from './reader-error.ts';

const METADATA = 'metadata';

/** Directories below the given one beyond this depth are not looked at. */
const DEPTH_MAX = 32;

/** Files beyond this number are not looked into where there is no trace. */
const PACKED_MAX = 100;

/** A directory with a metadata file, and the files of its data streams. */
export interface TraceDirectory {
  /** Absolute. */
  readonly path: string;
  readonly metadataPath: string;
  /** Absolute, sorted; empty files are left out. */
  readonly dataPaths: readonly string[];
}

/**
 * Finds the traces at and below a directory, sorted by path.
 *
 * Nothing is looked for below a trace: LTTng keeps its index there. Every regular file of a trace besides the metadata
 * and hidden ones belongs to a data stream.
 *
 * @throws {ReaderError} `UNREADABLE`, `NO_TRACE`
 */
export function findTraceDirectories(root: string): TraceDirectory[] {
  const found: TraceDirectory[] = [];
  const packed: string[] = [];
  if (fileSize(root) !== undefined) throw noDirectory(root);
  visit(path.resolve(root), 0, new Set(), found, packed);
  if (found.length > 0) return found;
  for (const file of packed) {
    const sentence = guarded(file, () => packedSentence(file));
    if (sentence !== undefined) throw new ReaderError('NO_TRACE', sentence).within(file);
  }
  throw new ReaderError('NO_TRACE', 'there is no trace here').within(root);
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

/** @param packed takes files that may be packed traces, or the packed metadata of one */
function visit(directory: string, depth: number, seen: Set<string>, found: TraceDirectory[], packed: string[]): void {
  let names: string[];
  try {
    // Links are followed, so that a directory of links to traces works, but not in circles.
    const real = fs.realpathSync(directory);
    if (depth > DEPTH_MAX || seen.has(real)) return;
    seen.add(real);
    names = fs.readdirSync(directory).sort();
  } catch (error) {
    throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(directory);
  }
  const metadataPath = path.join(directory, METADATA);
  if (fileSize(metadataPath) !== undefined) {
    const dataPaths = names
      .filter((name) => name !== METADATA && !name.startsWith('.'))
      .map((name) => path.join(directory, name))
      .filter((file) => (fileSize(file) ?? 0) > 0);
    found.push({ path: directory, metadataPath, dataPaths });
    return;
  }
  for (const name of names) {
    const inner = path.join(directory, name);
    const stat = fs.statSync(inner, { throwIfNoEntry: false });
    if (stat?.isDirectory()) visit(inner, depth + 1, seen, found, packed);
    else if (stat?.isFile() && mayBePacked(name, depth) && packed.length < PACKED_MAX) packed.push(inner);
  }
}

/** Whether a file can be a packed trace, or the packed metadata of one: other files below a directory are not traces. */
function mayBePacked(name: string, depth: number): boolean {
  return depth === 0 || name.startsWith(METADATA);
}

/** Undefined unless there is a regular file. */
function fileSize(file: string): number | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}
