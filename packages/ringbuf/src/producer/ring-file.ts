import { closeSync, constants, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, UUID_BYTES } from '@ringtail/base';
import { loadPosix, type Mapping, Memfd, type Posix, Seal } from '@ringtail/posix';
import { ringBytesFor } from '../abi.ts';
import { memoryIsCommitted } from '../committed-memory.ts';
import { RingError } from '../ring-error.ts';
import { geometryProblem, type RingHeader, writeHeader } from '../ring-header.ts';
import type { BlockingOptions } from './blocking.ts';
import { RingProducer } from './producer.ts';

export interface RingOptions extends RingHeader {
  /** Name of the file, or of the memfd as `/proc` shows it. */
  readonly name: string;
  /** Where to make a file that survives every process; without it the ring is a sealed memfd. */
  readonly directory?: string | undefined;
  /**
   * Called in the middle of an event when a sub-buffer was closed and the consumer asked to be woken. Must not throw.
   */
  readonly onSubBufClosed: () => void;
  /** Discard mode: waits for a free sub-buffer before it discards an event. Without this option it never waits. */
  readonly blocking?: BlockingOptions | undefined;
  /** Bytes of a sub-buffer that records may use; by default all. */
  readonly recordsBytesMax?: number | undefined;
  /** Allocates all memory of a memfd now instead of page by page. Memory of a file is always allocated now. */
  readonly preallocate?: boolean;
}

export interface Ring {
  /** To be sent to the daemon, then closed with `closeFd`. */
  readonly fd: number;
  /** Size of the file. */
  readonly bytes: number;
  /** The file, or null for a memfd. */
  readonly path: string | null;
  readonly producer: RingProducer;
  /**
   * Gives the memory of free sub-buffers back to the system; for the producer's thread alone. The memory of a ring in a
   * file stays, and so does all memory where the kernel commits memory strictly: a later store could fail there.
   *
   * @param until clock value: only sub-buffers whose newest record is not newer
   * @throws {PosixError}
   */
  reclaim(until: number): void;
  /** Closes the descriptor; the mapping stays. */
  closeFd(): void;
  /**
   * Ends the producer, the mapping and the descriptor. Committed records stay for the consumer as long as it has a
   * descriptor. Recorders that still hold the producer's views do no harm: their stores have no effect.
   */
  close(): void;
}

/**
 * Makes a ring into which no store can fail later.
 *
 * A file gets all its blocks now: a file system that is full later would mean a SIGBUS. Anonymous memory comes page by
 * page unless `preallocate` is set, so that a thread that records little uses little. Such memory runs out only
 * together with that of the system or the control group, unless the kernel commits memory strictly: then it is
 * allocated now as well.
 *
 * @throws {RingError} `NO_POSIX`, `BAD_OPTIONS`, `NO_SPACE`, `CANNOT_CREATE`; nothing is left behind then
 */
export function createRing(options: RingOptions): Ring {
  checkOptions(options);
  const loaded = loadPosix();
  if (!loaded.ok) throw new RingError('NO_POSIX', loaded.reason);
  const { posix } = loaded;
  const bytes = ringBytesFor(options.subBufBytes, options.subBufCount);
  const path = options.directory === undefined ? null : join(options.directory, options.name);

  const fd = makeFile(posix, options.name, path);
  let mapping: Mapping;
  try {
    if (path !== null || options.preallocate === true || memoryIsCommitted()) posix.allocate(fd, bytes);
    else ftruncateSync(fd, bytes);
    if (path === null) posix.addSeals(fd, Seal.SHRINK | Seal.GROW | Seal.SEAL);
    mapping = posix.map(fd, bytes);
  } catch (error) {
    closeRingFd(posix, fd, path);
    if (path !== null) rmSync(path, { force: true });
    throw creationError(error, bytes, path);
  }

  const producer = new RingProducer(mapping.buffer, options);
  writeHeader(producer.dv, options);
  return handleOf(posix, fd, bytes, path, producer, mapping);
}

function handleOf(
  posix: Posix,
  fd: number,
  bytes: number,
  path: string | null,
  producer: RingProducer,
  mapping: Mapping,
): Ring {
  let fdOpen = true;
  let mapped = true;
  const closeFd = () => {
    if (!fdOpen) return;
    fdOpen = false;
    closeRingFd(posix, fd, path);
  };
  const close = () => {
    closeFd();
    if (!mapped) return;
    mapped = false;
    producer.close();
    posix.retire(mapping);
  };
  const reclaim = (until: number) => {
    if (!mapped || path !== null || memoryIsCommitted()) return;
    for (const part of producer.freeParts(until)) posix.removePages(mapping, part.offset, part.bytes);
  };
  return { fd, bytes, path, producer, reclaim, closeFd, close };
}

function checkOptions(options: RingOptions): void {
  const problem = geometryProblem(options);
  if (problem !== null) throw new RingError('BAD_OPTIONS', problem);
  if (options.uuid.length !== UUID_BYTES) {
    throw new RingError('BAD_OPTIONS', `a trace UUID has ${UUID_BYTES} bytes, not ${options.uuid.length}`);
  }
  if (!/^[^/\0]{1,200}$/.test(options.name) || options.name === '.' || options.name === '..') {
    throw new RingError('BAD_OPTIONS', `${JSON.stringify(options.name)} is no name for a file`);
  }
}

function makeFile(posix: Posix, name: string, path: string | null): number {
  try {
    if (path === null) return posix.memfdCreate(name, Memfd.ALLOW_SEALING);
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    return openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (error) {
    throw new RingError('CANNOT_CREATE', `cannot make a ring: ${(error as Error).message}`, { cause: error });
  }
}

/** Whoever opened a descriptor has to close it: in worker threads `fs` keeps a list of its own. */
function closeRingFd(posix: Posix, fd: number, path: string | null): void {
  if (path === null) posix.closeFd(fd);
  else closeSync(fd);
}

function creationError(error: unknown, bytes: number, path: string | null): RingError {
  const errno = errnoOf(error);
  const where = path === null ? 'memory' : `the file system of ${path}`;
  if (errno === 'ENOSPC' || errno === 'ENOMEM' || errno === 'EFBIG' || errno === 'EDQUOT') {
    return new RingError('NO_SPACE', `a ring needs ${bytes} bytes, ${where} has no room for it (${errno})`, {
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new RingError('CANNOT_CREATE', `cannot make a ring of ${bytes} bytes: ${reason}`, { cause: error });
}
