import fs from 'node:fs';
import path from 'node:path';
import { describeError, errnoOf, RingtailError } from '@ringtail/base';
import {
  DataStreamReader,
  lowerTrace,
  printCtf2,
  printTsdl,
  type TraceClass,
  UUID_BYTES,
  uuidText,
  visitDataStream,
  withTsdlNames,
} from '@ringtail/ctf';
import { ensureDirectory } from '@ringtail/posix';
import { ReaderError } from '../reader-error.ts';
import { indexPath } from '../trace/packet-index.ts';
import type { TraceStream } from '../trace/trace-stream.ts';
import { CtfFileWriter } from './ctf-file-writer.ts';
import { systemPath } from './file-names.ts';
import type { OpenedTrace, TraceReader } from './open-traces.ts';
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './private-modes.ts';
import { writeIndexFile } from './write-index-file.ts';

export interface CtfWriteOptions {
  /** 1 for CTF 1.8, 2 for CTF 2. */
  readonly version: 1 | 2;
  /** Told how many bytes have been written, now and then. */
  readonly onProgress?: (bytes: number) => void;
}

export interface CtfWriteReport {
  readonly traces: number;
  /** Files that were copied whole. */
  readonly filesCopied: number;
  readonly packetsCopied: number;
  /** Packets that were decoded and written anew: they were cut, or the version asked for it. */
  readonly packetsWritten: number;
  readonly bytes: number;
}

/** Of `fs.Stats`. */
const BLOCK_BYTES = 512;
/** Smaller files are copied whole: file systems that compress store less than they are long. */
const HOLES_BYTES_MIN = 1 << 30;

type Tally = { -readonly [Key in keyof CtfWriteReport]: CtfWriteReport[Key] };

/**
 * Writes traces as CTF, each into a directory with the place below `directory` that it had below what was opened.
 *
 * Packets are copied as they are wherever nothing changes in them, whole files by the file system. The reader has to be
 * opened with `keepsHeaders`; its time range and its choice of events hold here too. Packets of which the choice leaves no
 * event stay, empty, so that losses remain countable. Nothing is overwritten.
 *
 * Damage in what has to be decoded is reported as the reader does, and ends its file, behind what is whole. A reader that keeps going
 * has everything decoded, and of a malformed packet only what comes before the damage is written.
 *
 * Files that had LTTng's index have one here too.
 *
 * @throws {ReaderError} `OUTPUT_EXISTS`, `UNWRITABLE`
 * @throws {MetadataPrintError} for what CTF 1.8 cannot say
 * @throws {TraceFormatError} for damage where packets have to be decoded, if the reader was opened without `onError`
 */
export function writeCtf(reader: TraceReader, directory: string, options: CtfWriteOptions): CtfWriteReport {
  const tally: Tally = { traces: 0, filesCopied: 0, packetsCopied: 0, packetsWritten: 0, bytes: 0 };
  const plans = reader.traces.map((trace) => ({ trace, target: targetOf(trace, options.version) }));
  for (const { trace, target } of plans) {
    new TraceWriter(reader, trace, target, options, tally).write(directory);
    tally.traces++;
  }
  return tally;
}

interface Target {
  readonly class: TraceClass;
  readonly metadata: string;
  /** Whether packets can be copied as they are. */
  readonly keepsPackets: boolean;
}

function targetOf(opened: OpenedTrace, version: 1 | 2): Target {
  const traceClass = opened.class;
  if (version === 2) {
    const uuid = packetUuid(opened) ?? traceClass.uuid;
    const metadata = printCtf2({ ...traceClass, ...(uuid !== undefined && { uuid }) });
    return { class: traceClass, metadata, keepsPackets: true };
  }
  const { trace, keepsLayout } = lowerTrace(traceClass);
  return { class: trace, metadata: printTsdl(withTsdlNames(trace)), keepsPackets: keepsLayout };
}

/** Some tracers of CTF 1.8 give packets another UUID than the trace has; that of metadata of CTF 2 is that of its packets. */
function packetUuid({ class: { version, uuid }, streams }: OpenedTrace): string | undefined {
  const first = streams[0];
  if (version.major !== 1 || uuid === undefined || first?.class === undefined) return undefined;
  const reader = first.reader();
  try {
    for (;;) {
      const next = reader.nextWithBoundaries();
      if (next.kind !== 'item') return undefined;
      if (next.item.kind !== 'packet-begin') continue;
      const bytes = next.item.packet.header?.uuid;
      return Array.isArray(bytes) && bytes.length === UUID_BYTES ? uuidText(Uint8Array.from(bytes)) : undefined;
    }
  } catch (error) {
    // Damage is reported when the packets are written.
    if (error instanceof RingtailError) return undefined;
    throw error;
  }
}

class TraceWriter {
  readonly #reader: TraceReader;
  readonly #trace: OpenedTrace;
  readonly #target: Target;
  readonly #options: CtfWriteOptions;
  readonly #tally: Tally;

  constructor(reader: TraceReader, trace: OpenedTrace, target: Target, options: CtfWriteOptions, tally: Tally) {
    this.#reader = reader;
    this.#trace = trace;
    this.#target = target;
    this.#options = options;
    this.#tally = tally;
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
    return targetOf({ ...this.#trace, class: { ...of, uuid } }, this.#options.version).metadata;
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
      this.#tally[kind === 'copied' ? 'packetsCopied' : 'packetsWritten'] += count;
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
    // Whoever finds a file without packets takes it for damage.
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
    this.#tally.filesCopied++;
    this.#progress(fs.statSync(to).size);
  }

  #progress(bytes: number): void {
    this.#tally.bytes += bytes;
    this.#options.onProgress?.(this.#tally.bytes);
  }
}

/** A name for a new file: bytes that are no text are replaced. */
function plainName(name: string): string {
  return Buffer.from(name).toString();
}

/**
 * Whether less of a file is stored than it is long. To copy such a file whole could fill a disk with zeros, which are
 * in no packet.
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
function isSound({ decoder, identity, sources, id }: TraceStream, sourceIdx: number): boolean {
  try {
    const reader = new DataStreamReader(decoder, identity, [sources[sourceIdx]!], id);
    visitDataStream(reader, { '*': { fields: [], handle: () => {} } });
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
