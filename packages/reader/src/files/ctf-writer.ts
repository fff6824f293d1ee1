import fs from 'node:fs';
import path from 'node:path';
import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import { visitDataStream } from '@ringtail/ctf';
import { ensureDirectory } from '@ringtail/posix';
import { type TargetTrace, targetTrace } from '../convert/target-trace.ts';
import { ReaderError } from '../reader-error.ts';
import { readerOf } from '../trace/stream-source.ts';
import type { TraceStream } from '../trace/trace-stream.ts';
import type { TraceReader } from '../trace-reader.ts';
import { CtfFileWriter } from './ctf-file-writer.ts';
import { systemPath } from './file-names.ts';
import { indexPath, writeIndexFile } from './index-file.ts';
import type { TraceFiles } from './open-traces.ts';
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './private-modes.ts';

export interface CtfWriteOptions {
  /** 1 for CTF 1.8, 2 for CTF 2. */
  readonly version: 1 | 2;
  /** Receives the number of bytes written so far, now and then. */
  readonly onProgress?: (bytes: number) => void;
}

export interface CtfWriteReport {
  readonly traces: number;
  /** Files that were copied whole. */
  readonly filesCopied: number;
  readonly packetsCopied: number;
  /** Packets that were decoded and written anew: they were cut, or the version requires it. */
  readonly packetsWritten: number;
  readonly bytes: number;
}

/** Of `fs.Stats`. */
const BLOCK_BYTES = 512;
/** Smaller files are copied whole: file systems that compress store less than they are long. */
const HOLES_BYTES_MIN = 1 << 30;

type Report = { -readonly [Key in keyof CtfWriteReport]: CtfWriteReport[Key] };

/**
 * Writes traces as CTF, each into a directory of `directory`. Its relative path is the same as below the directory that
 * was opened.
 *
 * Packets in which nothing changes are copied as they are, whole files by the file system. The reader has to be opened
 * with `keepsHeaders`. Its time range and its choice of events apply. Packets without a wanted event stay, empty, so
 * that losses remain countable. Nothing is overwritten.
 *
 * Damage in packets that have to be decoded is reported by the reader. The file then ends behind its last whole event.
 * A reader that keeps going decodes every packet, and writes the events of a malformed packet up to the damage.
 *
 * Files that have LTTng's index get an index.
 *
 * @throws {ReaderError} `OUTPUT_EXISTS`, `UNWRITABLE`
 * @throws {MetadataPrintError} for classes that CTF 1.8 cannot express
 * @throws {TraceFormatError} for damage in packets that have to be decoded, if the reader was opened without `onError`
 */
export function writeCtf(reader: TraceReader<TraceFiles>, directory: string, options: CtfWriteOptions): CtfWriteReport {
  const report: Report = { traces: 0, filesCopied: 0, packetsCopied: 0, packetsWritten: 0, bytes: 0 };
  const plans = reader.traces.map((trace) => ({ trace, target: targetTrace(trace, options.version) }));
  for (const { trace, target } of plans) {
    new TraceWriter(reader, trace, target, options, report).write(directory);
    report.traces++;
  }
  return report;
}

class TraceWriter {
  readonly #reader: TraceReader<TraceFiles>;
  readonly #trace: TraceFiles;
  readonly #target: TargetTrace;
  readonly #options: CtfWriteOptions;
  readonly #report: Report;

  constructor(
    reader: TraceReader<TraceFiles>,
    trace: TraceFiles,
    target: TargetTrace,
    options: CtfWriteOptions,
    report: Report,
  ) {
    this.#reader = reader;
    this.#trace = trace;
    this.#target = target;
    this.#options = options;
    this.#report = report;
  }

  write(root: string): void {
    const directories = new Map<string, string>();
    for (const { path: from, relative, metadataUuid } of this.#trace.directories) {
      const to = path.join(root, plainName(relative));
      directories.set(from, to);
      guarded(to, () => {
        ensureDirectory(to, { mode: PRIVATE_DIRECTORY, ownBelow: root });
        fs.writeFileSync(path.join(to, 'metadata'), this.#metadataFor(metadataUuid), {
          flag: 'wx',
          mode: PRIVATE_FILE,
        });
      });
    }
    for (const stream of this.#trace.streams) {
      for (const [sourceIdx, { name }] of stream.sources.entries()) {
        const target = path.join(directories.get(path.dirname(name))!, plainName(path.basename(name)));
        guarded(target, () => this.#writeFile(stream, sourceIdx, target));
      }
    }
  }

  /** Packets keep the UUID of the metadata of their directory. */
  #metadataFor(uuid: string | undefined): string {
    const { class: of } = this.#trace;
    if (uuid === of.uuid || uuid === undefined) return this.#target.metadata;
    return targetTrace({ ...this.#trace, class: { ...of, uuid } }, this.#options.version).metadata;
  }

  #writeFile(stream: TraceStream, sourceIdx: number, target: string): void {
    const range = this.#reader.rangeOf(this.#trace);
    const { keep, keepsGoing } = this.#reader;
    const { keepsPackets } = this.#target;
    const { name } = stream.sources[sourceIdx]!;
    const isWhole = range.begin === undefined && range.end === undefined && keep === undefined;
    const hasHoles = hasHolesIn(name);
    if (isWhole && keepsPackets && !hasHoles && (!keepsGoing || isSound(stream, sourceIdx))) {
      this.#copyFile(name, target);
      return;
    }
    const onPackets = (kind: 'copied' | 'written', count: number, bytes: number) => {
      this.#report[kind === 'copied' ? 'packetsCopied' : 'packetsWritten'] += count;
      this.#progress(bytes);
    };
    const writer = new CtfFileWriter(stream, sourceIdx, target, {
      class: this.#target.class,
      range,
      keep,
      keepsPackets: keepsPackets && !keepsGoing,
      keepsGoing,
      onPackets,
      onError: (error) => this.#reader.report(error),
    });
    if (isWhole && keepsPackets && !keepsGoing) writer.copy();
    else writer.write();
    // Readers reject a file without packets.
    if (fs.statSync(target).size === 0) fs.unlinkSync(target);
    else if (stream.class !== undefined && fs.existsSync(systemPath(indexPath(name))))
      writeIndexFile(this.#target.class, stream, target);
  }

  /** With its index, which fits the copy too. */
  #copyFile(from: string, to: string): void {
    const flags = fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE;
    fs.copyFileSync(systemPath(from), to, flags);
    fs.chmodSync(to, PRIVATE_FILE);
    const index = systemPath(indexPath(from));
    if (fs.existsSync(index)) {
      const directory = path.dirname(indexPath(to));
      ensureDirectory(directory, { mode: PRIVATE_DIRECTORY, ownBelow: path.dirname(to) });
      fs.copyFileSync(index, indexPath(to), flags);
      fs.chmodSync(indexPath(to), PRIVATE_FILE);
    }
    this.#report.filesCopied++;
    this.#progress(fs.statSync(to).size);
  }

  #progress(bytes: number): void {
    this.#report.bytes += bytes;
    this.#options.onProgress?.(this.#report.bytes);
  }
}

/** A name for a new file: bytes that are no text are replaced. */
function plainName(name: string): string {
  return Buffer.from(name).toString();
}

/**
 * Whether much less of a file is stored than its size says. Copying such a file whole could fill a disk with zeros that
 * are in no packet.
 *
 * @throws {ReaderError} `UNREADABLE`
 */
function hasHolesIn(file: string): boolean {
  try {
    const { blocks, size } = fs.statSync(systemPath(file));
    return size > HOLES_BYTES_MIN && blocks * BLOCK_BYTES < size / 2;
  } catch (error) {
    throw new ReaderError('UNREADABLE', describeError(error), { cause: error }).within(file);
  }
}

/** Whether a file can be decoded from its first byte to its last. */
function isSound(stream: TraceStream, sourceIdx: number): boolean {
  try {
    visitDataStream(readerOf(stream, sourceIdx), { '*': { fields: [], handle: () => {} } });
    return true;
  } catch (error) {
    if (error instanceof RingtailError) return false;
    throw error;
  }
}

function guarded(target: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || error instanceof RingtailError) throw error;
    const code = errno === 'EEXIST' ? 'OUTPUT_EXISTS' : 'UNWRITABLE';
    throw new ReaderError(code, describeError(error), { cause: error }).within(target);
  }
}
