import { fstatSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '@ringtail/base';
import { encodeIndexHeader, INDEX_ENTRY_BYTES, INDEX_HEADER_BYTES } from '@ringtail/ctf';
import { asUser, type UserIds } from '@ringtail/posix';
import { ConsumerError } from '../../consumer-error.ts';
import type { StreamIdentity } from '../../source/source.ts';
import type { OutgoingPacket } from '../packet-output.ts';
import { closeQuietly, type FileCalls, openTraceFile, writeWhole } from './file-calls.ts';
import { lstatIfThere } from './lstat-if-there.ts';
import { beginsLikeTrace, indexEntryOf, type WalkedPackets, walkPackets } from './packet-walk.ts';
import { ensureTraceDirectory } from './trace-directory.ts';
import { nextTraceFile, type TraceFileLimits, traceFileName, traceFileNumbers } from './trace-file-names.ts';
import { WrittenFiles } from './written-files.ts';

export interface StreamFilesOptions {
  /** Directory of the trace in the current trace chunk. */
  readonly directory: string;
  /** Name of the data stream. */
  readonly name: string;
  readonly identity: StreamIdentity;
  /** All directories below this one are ours. */
  readonly root: string;
  readonly limits: TraceFileLimits;
  /** Owner of the files, if this process is root's. */
  readonly owner: UserIds | undefined;
  readonly calls: FileCalls;
}

/** A trace file that was found, with its whole packets. */
export interface FoundFile {
  readonly number: number;
  readonly walked: WalkedPackets;
}

interface OpenFiles {
  readonly data: number;
  readonly index: number;
}

/**
 * Trace files of a data stream in the current trace chunk, each with its index: `<directory>/<name>`,
 * `index/<name>.idx`. Where the size of files is limited their names end in `_0`, `_1` and so on.
 *
 * One of them is the current file. It is made with its first packet, and holds whole packets after every call, even
 * after a call that failed.
 */
export class StreamFiles {
  /** Content that this object wrote to the files of the trace chunk. */
  readonly written = new WrittenFiles();
  readonly #options: StreamFilesOptions;
  #files: OpenFiles | undefined;
  /** Number and content of the current file. */
  #number = 0;
  #bytes = 0;
  #packets = 0;
  #events = 0;

  constructor(options: StreamFilesOptions) {
    this.#options = options;
  }

  get number(): number {
    return this.#number;
  }

  /** Size of the whole packets in the current file. */
  get bytes(): number {
    return this.#bytes;
  }

  get packets(): number {
    return this.#packets;
  }

  get events(): number {
    return this.#events;
  }

  get isOpen(): boolean {
    return this.#files !== undefined;
  }

  /** Goes on to the next file if the current one has no room for this packet, and opens the current file. */
  prepare({ packetBytes }: OutgoingPacket): void {
    const { bytesMax } = this.#options.limits;
    if (bytesMax > 0 && this.#packets > 0 && this.#bytes + packetBytes > bytesMax) this.#beginNextFile();
    this.#open();
  }

  /** Writes a packet and its index entry. @throws the system's error; the files are as before */
  append(packet: OutgoingPacket): void {
    const { calls, identity } = this.#options;
    const { data, index } = this.#open();
    const indexEnd = this.#packets === 0 ? 0 : INDEX_HEADER_BYTES + this.#packets * INDEX_ENTRY_BYTES;
    const entry = indexEntryOf(identity, packet, this.#bytes);
    try {
      writeWhole(calls, data, [packet.header, packet.records], this.#bytes);
      writeWhole(calls, index, this.#packets === 0 ? [encodeIndexHeader(), entry] : [entry], indexEnd);
    } catch (error) {
      calls.truncate(data, this.#bytes);
      calls.truncate(index, indexEnd);
      throw error;
    }
    const { recordCount: events, packetBytes: bytes } = packet;
    this.written.wrote({ events, packets: 1, bytes });
    this.#bytes += bytes;
    this.#packets += 1;
    this.#events += events;
  }

  /** Whole packets of a trace file before `packetSeqEnd`; undefined if the file does not exist. */
  find(number: number, packetSeqEnd?: number): FoundFile | undefined {
    const { identity } = this.#options;
    const path = this.pathOf(number);
    if (lstatIfThere(path) === undefined) return undefined;
    const descriptor = openTraceFile(path);
    try {
      if (!beginsLikeTrace(descriptor, identity.traceUuid)) {
        throw new ConsumerError('DIRECTORY_REFUSED', `${path} is not a data stream of this trace`);
      }
      return { number, walked: walkPackets(descriptor, identity, packetSeqEnd) };
    } finally {
      closeQuietly(descriptor);
    }
  }

  /** The trace file with the newest packet; undefined if there is no file. */
  findNewest(packetSeqEnd: number): FoundFile | undefined {
    const { directory, name, limits } = this.#options;
    // The first number is used in every trace chunk that has a packet, and again where numbers begin anew.
    const first = this.find(0, packetSeqEnd);
    if (first === undefined || limits.bytesMax === 0) return first;
    const found = traceFileNumbers(directory, name).flatMap((number) => this.find(number, packetSeqEnd) ?? []);
    const newest = found.sort((a, b) => lastSeqOf(b) - lastSeqOf(a))[0];
    assert(newest !== undefined, 'the first trace file is there');
    return newest;
  }

  /** Goes on behind the whole packets of a file. @param events number of events in these packets, 0 if unknown */
  continueIn({ number, walked }: FoundFile, events: number): void {
    this.beginAt(number);
    const { data, index } = this.#open();
    if (fstatSync(data).size !== walked.bytes) this.#options.calls.truncate(data, walked.bytes);
    this.#repairIndex(index, Buffer.concat([encodeIndexHeader(), ...walked.indexEntries]));
    this.#bytes = walked.bytes;
    this.#packets = walked.indexEntries.length;
    this.#events = events;
  }

  /** Makes an empty file with this number the current one. */
  beginAt(number: number): void {
    this.close();
    this.#number = number;
    this.#bytes = 0;
    this.#packets = 0;
    this.#events = 0;
  }

  /** Makes the current file again, which was removed. */
  makeAgain(): void {
    this.close();
    this.remove(this.#number);
    this.beginAt(this.#number);
  }

  /** The files were moved away or removed on purpose: the next packet goes into new ones. */
  beginChunk(): void {
    this.close();
    this.written.forgetAll();
    this.beginAt(0);
  }

  remove(number: number): void {
    this.#asOwner(() => {
      rmSync(this.pathOf(number), { force: true });
      rmSync(this.#indexPathOf(number), { force: true });
    });
  }

  /** Closes the current file. The next packet opens it again, wherever its directory is then. */
  close(): void {
    if (this.#files === undefined) return;
    this.written.closing();
    closeQuietly(this.#files.data);
    closeQuietly(this.#files.index);
    this.#files = undefined;
  }

  pathOf(number: number): string {
    const { directory, name, limits } = this.#options;
    return join(directory, traceFileName(name, number, limits));
  }

  #indexPathOf(number: number): string {
    const { directory, name, limits } = this.#options;
    return join(directory, 'index', `${traceFileName(name, number, limits)}.idx`);
  }

  #beginNextFile(): void {
    const number = nextTraceFile(this.#number, this.#options.limits);
    // The limit removes the oldest file on purpose: its events stay counted as written.
    this.written.forget(this.pathOf(number));
    this.remove(number);
    this.beginAt(number);
  }

  #open(): OpenFiles {
    if (this.#files !== undefined) return this.#files;
    const { directory, root } = this.#options;
    const opened: number[] = [];
    try {
      this.#asOwner(() => {
        ensureTraceDirectory(join(directory, 'index'), root);
        opened.push(openTraceFile(this.#indexPathOf(this.#number)), openTraceFile(this.pathOf(this.#number)));
      });
      this.#files = { index: opened[0] as number, data: opened[1] as number };
      this.written.opened(this.pathOf(this.#number), this.#files.data);
      return this.#files;
    } catch (error) {
      opened.forEach(closeQuietly);
      throw error;
    }
  }

  #repairIndex(index: number, whole: Buffer): void {
    const { calls } = this.#options;
    // A file without a packet has no index entry, and then no header either.
    const expected = whole.length === INDEX_HEADER_BYTES ? whole.subarray(0, 0) : whole;
    const size = fstatSync(index).size;
    const found = Buffer.alloc(Math.min(size, expected.length));
    readSync(index, found, 0, found.length, 0);
    if (size === expected.length && found.equals(expected)) return;
    writeWhole(calls, index, [expected], 0);
    calls.truncate(index, expected.length);
  }

  #asOwner<Result>(action: () => Result): Result {
    const { owner } = this.#options;
    return owner === undefined ? action() : asUser(owner, action);
  }
}

/** Sequence number of the last whole packet of a file; -1 if it has none. */
export function lastSeqOf({ walked }: FoundFile): number {
  return Number(walked.lastPacket?.packetSequenceNumber ?? -1n);
}
