import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConsumerError } from '../../consumer-error.ts';
import { blockEndOf, traceUuidOf, upToLast } from '../metadata-parts.ts';
import { closeQuietly, type FileCalls, makeTraceFile, openTraceFile, startOf, writeWhole } from './file-calls.ts';
import { lstatIfThere } from './lstat-if-there.ts';

/** Our metadata is not longer: 65,536 event classes of a kilobyte each. */
export const METADATA_BYTES_MAX = 256 * 1024 * 1024;

/** No start of our metadata is longer. */
const PROLOGUE_BYTES_MAX = 2 * 1024 * 1024;

/**
 * Metadata file that grows by whole blocks and that a restarted consumer continues.
 *
 * The session daemon repeats all declarations to a restarted consumer. A block that is anywhere in the file already is
 * not written again, so the text only grows, also for readers of a live trace.
 */
export class MetadataFile {
  readonly #calls: FileCalls;
  readonly #blocks: Set<string>;
  #path: string;
  #descriptor: number;
  /** Descriptor of the directory, by which it is recognised. */
  readonly #directory: number;
  #bytes: number;

  private constructor(path: string, calls: FileCalls, descriptor: number, prologue: string, blocks: string) {
    this.#path = path;
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.#directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const end = blockEndOf(prologue);
    this.#blocks = new Set(
      blocks
        .split(end)
        .slice(0, -1)
        .map((block) => block + end),
    );
    this.#bytes = Buffer.byteLength(prologue) + Buffer.byteLength(blocks);
  }

  get path(): string {
    return this.#path;
  }

  /**
   * Opens or makes the file at `path`. A block that a former consumer did not finish is cut off. A file that does not
   * begin with `prologue` is replaced, in one step, by a file with the prologue alone.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if the file describes a trace with another UUID, `NOT_WRITTEN`.
   */
  static open(path: string, uuid: string, prologue: string, calls: FileCalls): MetadataFile {
    let descriptor: number | undefined;
    let file: MetadataFile | undefined;
    try {
      descriptor = openTraceFile(path);
      const found = readWhole(descriptor, path);
      checkUuid(path, found, uuid);
      if (found.startsWith(prologue)) {
        const blocks = upToLast(found.slice(prologue.length), blockEndOf(prologue));
        file = new MetadataFile(path, calls, descriptor, prologue, blocks);
        if (prologue.length + blocks.length < found.length) calls.truncate(descriptor, file.#bytes);
        return file;
      }
      closeQuietly(descriptor);
      descriptor = undefined;
      descriptor = replace(path, prologue, calls);
      return new MetadataFile(path, calls, descriptor, prologue, '');
    } catch (error) {
      if (file !== undefined) file.close();
      else if (descriptor !== undefined) closeQuietly(descriptor);
      throw error instanceof ConsumerError ? error : notWritten(path, error);
    }
  }

  /**
   * Appends the blocks that the file lacks.
   *
   * @throws {ConsumerError} `NOT_WRITTEN`; the file is then as it was.
   */
  append(blocks: readonly string[]): void {
    const lacking = blocks.filter((block) => !this.#blocks.has(block));
    if (lacking.length === 0) return;
    const text = Buffer.from(lacking.join(''), 'utf8');
    try {
      writeWhole(this.#calls, this.#descriptor, [text], this.#bytes);
    } catch (error) {
      this.#calls.truncate(this.#descriptor, this.#bytes);
      throw notWritten(this.#path, error);
    }
    this.#bytes += text.length;
    for (const block of lacking) this.#blocks.add(block);
  }

  /**
   * Replaces the prologue in one step: readers see the old file or the new one.
   *
   * @throws {ConsumerError} `NOT_WRITTEN`; the file is then as it was.
   */
  rewrite(prologue: string): void {
    const text = [prologue, ...this.#blocks].join('');
    let descriptor: number;
    try {
      descriptor = replace(this.#path, text, this.#calls);
    } catch (error) {
      throw error instanceof ConsumerError ? error : notWritten(this.#path, error);
    }
    closeQuietly(this.#descriptor);
    this.#descriptor = descriptor;
    this.#bytes = Buffer.byteLength(text);
  }

  /** Whether the path still leads to this file, and the file is complete. */
  isThere(): boolean {
    const found = lstatIfThere(this.#path);
    return found !== undefined && found.size === this.#bytes && isSame(found, this.#descriptor);
  }

  /** Whether the path of the directory still leads to this directory. */
  isDirectoryThere(): boolean {
    const found = lstatIfThere(dirname(this.#path));
    return found !== undefined && isSame(found, this.#directory);
  }

  /** Called when the directory of the file was moved. */
  movedTo(path: string): void {
    this.#path = path;
  }

  close(): void {
    closeQuietly(this.#descriptor);
    closeQuietly(this.#directory);
  }
}

/** Start of a metadata file, before its first block and somewhat beyond; empty if the file is absent. */
export function prologueOf(path: string): string {
  return startOf(path, PROLOGUE_BYTES_MAX);
}

function isSame({ dev, ino }: Stats, descriptor: number): boolean {
  const stats = fstatSync(descriptor);
  return dev === stats.dev && ino === stats.ino;
}

function readWhole(descriptor: number, path: string): string {
  if (fstatSync(descriptor).size > METADATA_BYTES_MAX) {
    throw new ConsumerError('DIRECTORY_REFUSED', `${path} is longer than ${METADATA_BYTES_MAX} bytes`);
  }
  return readFileSync(descriptor, 'utf8');
}

/** An existing file has to describe the same trace: other traces are neither overwritten nor mixed with this one. */
function checkUuid(path: string, text: string, uuid: string): void {
  if (text !== '' && traceUuidOf(text) !== uuid) {
    throw new ConsumerError('DIRECTORY_REFUSED', `${path} describes another trace; its directory cannot be used`);
  }
}

/** A hidden name: readers take every other file of the directory for a data stream. */
export function temporaryNameOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.new`);
}

function replace(path: string, text: string, calls: FileCalls): number {
  const temporary = temporaryNameOf(path);
  rmSync(temporary, { force: true });
  const descriptor = makeTraceFile(temporary);
  try {
    writeWhole(calls, descriptor, [Buffer.from(text, 'utf8')], 0);
    fsyncSync(descriptor);
    renameSync(temporary, path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
}

function notWritten(path: string, error: unknown): ConsumerError {
  return new ConsumerError('NOT_WRITTEN', `cannot write ${path}: ${(error as Error).message}`, { cause: error });
}
