import { closeSync, constants, openSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { loadPosix, type Posix } from '../load.ts';
import { PosixError } from '../posix-error.ts';
import { descriptorLimit } from '../process/descriptors.ts';

/*
 * Readers of traces and processes that remove traces agree through locks (flock) on directories:
 *
 *   reader    shared lock on `ust` above `uid` or `pid`, or else on the directory of the metadata
 *   remover   exclusive lock on each such directory of the tree that it removes
 *   session   exclusive lock on its output directory, which is above all of these
 *
 * The kernel drops the locks of a process that ends.
 */

/** Directory that holds all traces of user space in a trace chunk, as in LTTng. */
const USER_SPACE = 'ust';
const METADATA = 'metadata';
/** Directories that one reader locks. Traces of a thousand processes share one. */
const READ_LOCKS_MAX = 1024;
const O_READ = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Locks traces against removal, until the returned function is called. A trace that cannot be locked is read without:
 * on a file system without locks, or where this process has too few descriptors.
 *
 * @param traces directories with a metadata file
 */
export function lockForReading(traces: readonly string[]): () => void {
  const loaded = loadPosix();
  const limit = Math.min(READ_LOCKS_MAX, (descriptorLimit() ?? READ_LOCKS_MAX) / 4);
  const descriptors: number[] = [];
  if (loaded.ok) {
    for (const directory of new Set(traces.map(lockedDirectory))) {
      if (descriptors.length >= limit) break;
      const descriptor = open(directory);
      if (descriptor === undefined) continue;
      if (isLocked(loaded.posix, descriptor, 'shared')) closeSync(descriptor);
      else descriptors.push(descriptor);
    }
  }
  return () => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
}

/** Whether a session of any daemon writes to a directory. */
export function isOutputOfSession(directory: string): boolean {
  const loaded = loadPosix();
  const descriptor = loaded.ok ? open(directory) : undefined;
  if (!loaded.ok || descriptor === undefined) return false;
  try {
    return isLocked(loaded.posix, descriptor, 'shared');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Locks all traces in a directory against readers, until the returned function is called.
 *
 * @returns undefined if one of them is being read. @throws the system's error
 */
export function lockForRemoval(directory: string): (() => void) | undefined {
  const loaded = loadPosix();
  const descriptors: number[] = [];
  const release = () => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
  if (!loaded.ok) return release;
  try {
    for (const locked of lockedBelow(directory)) {
      const descriptor = openSync(locked, O_READ);
      descriptors.push(descriptor);
      if (!isLocked(loaded.posix, descriptor, 'exclusive')) continue;
      release();
      return undefined;
    }
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

/** The directory that a reader of a trace locks. Links on the way are followed, as the reader does. */
function lockedDirectory(trace: string): string {
  const real = realPath(trace);
  return /^(.*\/ust)\/(?:uid|pid)\//s.exec(`${real}/`)?.[1] ?? real;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The directories in a tree that readers lock. No links are followed. */
function lockedBelow(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  if (entries.some((entry) => entry.name === METADATA && !entry.isDirectory())) return [directory];
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => (name === USER_SPACE ? [join(directory, name)] : lockedBelow(join(directory, name))));
}

function open(directory: string): number | undefined {
  try {
    return openSync(directory, O_READ);
  } catch {
    // Absent, unreadable, or no descriptor is left: reading the trace reports it.
    return undefined;
  }
}

/** Tries to take a lock. @returns whether another process holds one that excludes it */
function isLocked(posix: Posix, descriptor: number, kind: 'exclusive' | 'shared'): boolean {
  try {
    return !posix.tryLock(descriptor, kind);
  } catch (error) {
    if (error instanceof PosixError) return false;
    throw error;
  }
}
