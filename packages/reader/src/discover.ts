import fs from 'node:fs';
import path from 'node:path';
import { describeError } from '@ringtail/base';
import { ReaderError } from './reader-error.ts';

const METADATA = 'metadata';

/** Directories below the given one beyond this depth are not looked at. */
const DEPTH_MAX = 32;

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
  visit(path.resolve(root), 0, new Set(), found);
  if (found.length === 0) throw new ReaderError('NO_TRACE', 'there is no trace here').within(root);
  return found;
}

function visit(directory: string, depth: number, seen: Set<string>, found: TraceDirectory[]): void {
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
    if (fs.statSync(inner, { throwIfNoEntry: false })?.isDirectory()) visit(inner, depth + 1, seen, found);
  }
}

/** Undefined unless there is a regular file. */
function fileSize(file: string): number | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}
