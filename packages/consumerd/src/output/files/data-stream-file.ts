import { fstatSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assert, type ClockCycles, errnoOf } from '@ringtail/base';
import {
  encodeIndexHeader,
  encodePacketHeader,
  INDEX_ENTRY_BYTES,
  INDEX_HEADER_BYTES,
  readPacketHeader,
} from '@ringtail/ctf';
import { asUser, type UserIds } from '@ringtail/posix';
import type { ConsumerPosition } from '@ringtail/ringbuf';
import { ConsumerError } from '../../consumer-error.ts';
import { noStatistics, type StreamStatistics } from '../../session/statistics.ts';
import { type Checkpoint, CheckpointFile, type ClearedCounts, NOTHING_CLEARED } from './checkpoint-file.ts';
import { closeQuietly, type FileOutput, openTraceFile, writeWhole } from './file-calls.ts';
import { lstatIfThere } from './lstat-if-there.ts';
import { beginsLikeTrace, indexEntryOf, type StreamIdentity, type WalkedPackets, walkPackets } from './packet-walk.ts';
import { ensureTraceDirectory, outputOf } from './trace-directory.ts';
import {
  nextTraceFile,
  ONE_TRACE_FILE,
  type TraceFileLimits,
  traceFileName,
  traceFileNumbers,
} from './trace-file-names.ts';
import { WrittenFiles } from './written-files.ts';

/** A packet to be: records and what its header says of them. */
export interface StreamPacket {
  readonly packetSeq: number;
  /** Clock values, whole cycles. */
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
  /** Events discarded in this data stream until the end of the packet. */
  readonly eventsDiscarded: number;
  readonly recordCount: number;
  /** Event records, back to back, in the final bytes. */
  readonly records: Uint8Array;
  /** Where the ring's consumer stands once the packet is released. */
  readonly after: ConsumerPosition;
}

/** What a former consumer left of a data stream. */
export interface RecoveredStream {
  /** timestamp_end and events_discarded of the last packet. */
  readonly endTimestamp: number;
  readonly eventsDiscarded: number;
  /** What was noted with the last packet; undefined where that is lost. */
  readonly checkpoint: Checkpoint | undefined;
  /** As of the last packet. Without a checkpoint the counts of events start anew. */
  readonly statistics: StreamStatistics;
}

export interface DataStreamFileOptions {
  /** Where the checkpoints are; else beside the index. A trace chunk is moved away with its index, this stays. */
  readonly stateDirectory?: string;
  readonly limits?: TraceFileLimits;
  /** To whom the files belong, if this process is root's. */
  readonly owner?: UserIds;
  /** Whether the trace chunk, which the files are to be part of, is where it was made. */
  readonly isChunkThere?: () => boolean;
}

/** What whoever drains the ring has to say of a packet. */
export type DrainCheckpoint = Omit<Checkpoint, keyof FilePlace>;
type FilePlace = Pick<Checkpoint, 'fileNumber' | 'fileBytes' | 'fileEvents' | 'filePackets' | 'chunkPacketSeq'>;

interface OpenFiles {
  readonly data: number;
  readonly index: number;
}

/** What is there of a trace file. */
interface FoundFile {
  readonly number: number;
  readonly walked: WalkedPackets;
}

/**
 * The files of a data stream in the current trace chunk, each with its index, and its checkpoints: `<directory>/<name>`,
 * `index/<name>.idx`, `<name>.checkpoint`. Where the size of files is limited their names end in `_0`, `_1` and so on.
 *
 * Order of writing: checkpoint, packet, index entry. The files hold whole packets after every call, even one that failed;
 * they are made with the first packet.
 */
export class DataStreamFile {
  readonly #directory: string;
  readonly #name: string;
  readonly #identity: StreamIdentity;
  readonly #output: FileOutput;
  readonly #checkpointPath: string;
  /** All below is ours. */
  readonly #root: string;
  readonly #limits: TraceFileLimits;
  readonly #owner: UserIds | undefined;
  readonly #isChunkThere: () => boolean;
  /** What is in the files of the trace chunk, as far as this object wrote it. */
  readonly written = new WrittenFiles();
  #nextPacketSeq: number;
  /** The first of the trace chunk. */
  #chunkPacketSeq: number;
  #files: OpenFiles | undefined;
  #checkpoints: CheckpointFile | undefined;
  /** The current trace file, and what is in it. */
  #number = 0;
  #bytes = 0;
  #packets = 0;
  #events = 0;
  #clearIsNoted = false;

  /** @param firstPacketSeq of the data stream's first packet, if none is lost */
  constructor(
    directory: string,
    name: string,
    identity: StreamIdentity,
    output: FileOutput,
    firstPacketSeq = 0,
    options: DataStreamFileOptions = {},
  ) {
    this.#directory = directory;
    this.#name = name;
    this.#identity = identity;
    this.#output = output;
    const { stateDirectory = join(directory, 'index') } = options;
    this.#root = options.stateDirectory === undefined ? directory : outputOf(stateDirectory);
    this.#checkpointPath = join(stateDirectory, `${name}.checkpoint`);
    this.#limits = options.limits ?? ONE_TRACE_FILE;
    this.#owner = options.owner;
    this.#isChunkThere = options.isChunkThere ?? (() => true);
    this.#nextPacketSeq = firstPacketSeq;
    this.#chunkPacketSeq = firstPacketSeq;
  }

  /** What the data stream is known by: its directory and its name, without a number. */
  get path(): string {
    return join(this.#directory, this.#name);
  }

  /** Size of the current file, whole packets only. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Continues what a former consumer left: cuts a torn tail off and makes the index fit.
   *
   * The newest checkpoint counts whose packet came into being: it is the last in its file, or the ring knows of it and the
   * file has been archived, emptied or replaced since.
   *
   * @param unacknowledgedSeq the ring's next packet, by its consumer line: packets from it on are still in the ring, and
   *   are kept only if their checkpoint says what there is to know of them
   * @returns null if there was never a packet
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if the file is something else; or the system's error
   */
  recover(unacknowledgedSeq: number): RecoveredStream | null {
    return this.#asOwner(() => {
      const checkpoints = CheckpointFile.read(this.#checkpointPath);
      for (const [idx, checkpoint] of checkpoints.entries()) {
        const { packetSeq, fileNumber } = checkpoint;
        const found = this.#find(fileNumber);
        const lastSeq = found === undefined ? -1 : lastSeqOf(found);
        if (lastSeq !== packetSeq && !(packetSeq < unacknowledgedSeq && lastSeq < packetSeq)) continue;
        for (const aborted of checkpoints.slice(0, idx)) this.#forgetAborted(aborted, checkpoint);
        return this.#resume(checkpoint, found);
      }
      const recovered = this.#resumeWithout(unacknowledgedSeq);
      if (recovered === null)
        this.#nextPacketSeq = this.#chunkPacketSeq = Math.max(this.#nextPacketSeq, unacknowledgedSeq);
      return recovered;
    });
  }

  /**
   * Writes one packet. Where the trace chunk has been removed it is lost, and counted so.
   *
   * @param statistics of the data stream so far
   * @returns statistics with the packet in it
   * @throws the system's error; the files are as before, so the same packet or a longer one can be tried again
   */
  append(
    packet: StreamPacket,
    statistics: StreamStatistics,
    cleared: ClearedCounts = NOTHING_CLEARED,
  ): StreamStatistics {
    const head = encodePacketHeader({
      ...this.#identity,
      streamInstanceId: BigInt(this.#identity.streamInstanceId),
      timestampBegin: BigInt(packet.beginTimestamp) as ClockCycles,
      timestampEnd: BigInt(packet.endTimestamp) as ClockCycles,
      recordBytes: packet.records.length,
      packetSequenceNumber: BigInt(packet.packetSeq),
      eventsDiscarded: BigInt(packet.eventsDiscarded),
    });
    const header = readPacketHeader(head);
    assert(header !== null, 'a packet header that was encoded can be read back');
    if (this.#isChunkRemoved()) return this.#lose(packet, statistics, cleared);
    const { bytesMax } = this.#limits;
    if (bytesMax > 0 && this.#packets > 0 && this.#bytes + header.packetBytes > bytesMax) this.#beginNextFile();
    const { data, index } = this.#open();
    const { packetSeq, after: position } = packet;
    const after: StreamStatistics = {
      ...statistics,
      eventsRecorded: statistics.eventsRecorded + packet.recordCount,
      eventsDiscarded: Math.max(statistics.eventsDiscarded, packet.eventsDiscarded - cleared.discarded),
      packets: statistics.packets + 1,
      packetsLost: statistics.packetsLost + (packetSeq - this.#nextPacketSeq),
      bytes: statistics.bytes + header.packetBytes,
    };
    const fileBytes = this.#bytes + header.packetBytes;
    const eventsDiscardedTold = packet.eventsDiscarded;
    const indexEnd = this.#packets === 0 ? 0 : INDEX_HEADER_BYTES + this.#packets * INDEX_ENTRY_BYTES;
    const entry = [...(this.#packets === 0 ? [encodeIndexHeader()] : []), indexEntryOf(header, this.#bytes)];
    const checkpoints = this.#openCheckpoints();
    const noted = { packetSeq, position, statistics: after, cleared, eventsDiscardedTold };
    const fileEvents = this.#events + packet.recordCount;
    checkpoints.write({ ...this.#whole(noted), fileBytes, fileEvents, filePackets: this.#packets + 1 });
    try {
      writeWhole(this.#output, data, [head, packet.records], this.#bytes);
      writeWhole(this.#output, index, entry, indexEnd);
    } catch (error) {
      this.#output.truncate(data, this.#bytes);
      this.#output.truncate(index, indexEnd);
      withdrawQuietly(checkpoints);
      throw error;
    }
    this.written.wrote({ events: packet.recordCount, packets: 1, bytes: header.packetBytes });
    this.#bytes = fileBytes;
    this.#packets += 1;
    this.#events = fileEvents;
    this.#nextPacketSeq = packetSeq + 1;
    return after;
  }

  /** Whether packets have no place: without its metadata the chunk would be unreadable. A file that alone is gone is made again. */
  #isChunkRemoved(): boolean {
    const hasFiles = this.#files !== undefined;
    if (hasFiles && this.written.isOpenFileKept()) return false;
    if (!this.#asOwner(this.#isChunkThere)) return true;
    if (hasFiles) {
      this.#closeFiles();
      this.#asOwner(() => this.#remove(this.#number));
      this.#beginAt(this.#number);
    }
    return false;
  }

  #lose(
    { packetSeq, recordCount, eventsDiscarded }: StreamPacket,
    statistics: StreamStatistics,
    cleared: ClearedCounts,
  ): StreamStatistics {
    this.close();
    this.#nextPacketSeq = packetSeq + 1;
    return {
      ...statistics,
      eventsLost: statistics.eventsLost + recordCount,
      eventsDiscarded: Math.max(statistics.eventsDiscarded, eventsDiscarded - cleared.discarded),
    };
  }

  /** Renews the checkpoint of the last packet: something else has changed since. */
  updateCheckpoint(checkpoint: DrainCheckpoint): void {
    if (this.#checkpoints === undefined && this.#isChunkRemoved()) return;
    this.#openCheckpoints().write(this.#whole(checkpoint));
  }

  /** Number of the first packet of the trace chunk, if that packet is not lost. */
  get chunkPacketSeq(): number {
    return this.#chunkPacketSeq;
  }

  /**
   * Notes that the files of the trace chunk are about to be removed. A consumer that takes over goes on from this
   * checkpoint once the last trace file is gone, and from the checkpoint before while that file is there.
   */
  noteClear(checkpoint: DrainCheckpoint): void {
    this.#openCheckpoints().write({ ...this.#whole(checkpoint), fileBytes: 0, fileEvents: 0, filePackets: 0 });
    this.#clearIsNoted = true;
  }

  /** The files that were to be removed stay. */
  abandonClear(): void {
    if (!this.#clearIsNoted) return;
    this.#clearIsNoted = false;
    withdrawQuietly(this.#openCheckpoints());
  }

  /** Closes the files, which are about to be moved: the next packet opens them again, wherever the directory is then. */
  suspend(): void {
    this.#closeFiles();
  }

  /** The files have been moved away: the next packet goes into new ones. */
  beginChunk(): void {
    this.#closeFiles();
    this.written.forgetAll();
    this.#beginAt(0);
    this.#chunkPacketSeq = this.#nextPacketSeq;
  }

  /** The files of the trace chunk have been removed: it begins again, with the number of its first packet. */
  restartChunk(): void {
    this.#closeFiles();
    this.written.forgetAll();
    this.#beginAt(0);
    this.#nextPacketSeq = this.#chunkPacketSeq;
    this.#clearIsNoted = false;
  }

  close(): void {
    this.#closeFiles();
    this.#checkpoints?.close();
    this.#checkpoints = undefined;
  }

  #whole(checkpoint: DrainCheckpoint): Checkpoint {
    const place: FilePlace = {
      fileNumber: this.#number,
      fileBytes: this.#bytes,
      fileEvents: this.#events,
      filePackets: this.#packets,
      chunkPacketSeq: this.#chunkPacketSeq,
    };
    return { ...checkpoint, ...place };
  }

  #resume(checkpoint: Checkpoint, found: FoundFile | undefined): RecoveredStream {
    if (found !== undefined) this.#continueIn(found);
    this.#nextPacketSeq = checkpoint.packetSeq + 1;
    // A chunk without the file has been archived, and the next one has no packet yet.
    this.#chunkPacketSeq = found === undefined ? this.#nextPacketSeq : checkpoint.chunkPacketSeq;
    const { packetSeq, position, statistics, eventsDiscardedTold, fileBytes } = checkpoint;
    const written = { events: checkpoint.fileEvents, packets: checkpoint.filePackets, bytes: fileBytes };
    if (found !== undefined && lastSeqOf(found) === packetSeq) {
      this.#events = written.events;
      this.written.wrote(written);
    } else if (fileBytes > 0) {
      // Lost, unless the rotation during which the former consumer died is repeated.
      this.written.missed(this.#dataPath(checkpoint.fileNumber), written);
    }
    return { endTimestamp: position.lastTimestamp, eventsDiscarded: eventsDiscardedTold, checkpoint, statistics };
  }

  /** Continues by what the packets themselves say. */
  #resumeWithout(unacknowledgedSeq: number): RecoveredStream | null {
    const first = this.#find(0, unacknowledgedSeq);
    // The first number is used in every trace chunk that has a packet, and again where numbers begin anew.
    if (first === undefined) return null;
    const found = this.#limits.bytesMax === 0 ? first : this.#findNewest(unacknowledgedSeq);
    this.#continueIn(found);
    const last = found.walked.lastPacket;
    if (last === undefined) return null;
    const eventsDiscarded = Number(last.eventsDiscarded);
    const packetSeq = Number(last.packetSequenceNumber);
    const packetsLost = Math.max(0, packetSeq + 1 - this.#nextPacketSeq - this.#packets);
    this.#nextPacketSeq = packetSeq + 1;
    this.#chunkPacketSeq = this.#nextPacketSeq;
    return {
      endTimestamp: Number(last.timestampEnd),
      eventsDiscarded,
      checkpoint: undefined,
      statistics: { ...noStatistics(), eventsDiscarded, packets: this.#packets, packetsLost, bytes: this.#bytes },
    };
  }

  /** The trace file with the newest packet. */
  #findNewest(packetSeqEnd: number): FoundFile {
    const found = traceFileNumbers(this.#directory, this.#name).flatMap((number) => {
      return this.#find(number, packetSeqEnd) ?? [];
    });
    const newest = found.sort((a, b) => lastSeqOf(b) - lastSeqOf(a))[0];
    assert(newest !== undefined, 'the first trace file is there');
    return newest;
  }

  /** The whole packets of a trace file, if there is such a file. */
  #find(number: number, packetSeqEnd?: number): FoundFile | undefined {
    if (lstatIfThere(this.#dataPath(number)) === undefined) return undefined;
    const descriptor = openTraceFile(this.#dataPath(number));
    try {
      if (!beginsLikeTrace(descriptor, this.#identity.traceUuid)) {
        throw new ConsumerError('DIRECTORY_REFUSED', `${this.#dataPath(number)} is not a data stream of this trace`);
      }
      return { number, walked: walkPackets(descriptor, this.#identity, packetSeqEnd) };
    } finally {
      closeQuietly(descriptor);
    }
  }

  /** Goes on behind the whole packets of a file. */
  #continueIn({ number, walked }: FoundFile): void {
    this.#beginAt(number);
    const { data, index } = this.#open();
    if (fstatSync(data).size !== walked.bytes) this.#output.truncate(data, walked.bytes);
    this.#repairIndex(index, Buffer.concat([encodeIndexHeader(), ...walked.indexEntries]));
    this.#bytes = walked.bytes;
    this.#packets = walked.indexEntries.length;
  }

  /** Withdraws the checkpoint of a packet that has no bytes, or a part of its bytes in a file of its own. */
  #forgetAborted({ fileNumber }: Checkpoint, valid: Checkpoint): void {
    withdrawQuietly(this.#openCheckpoints());
    if (fileNumber === valid.fileNumber) return;
    if (this.#find(fileNumber)?.walked.lastPacket === undefined) this.#remove(fileNumber);
  }

  #beginNextFile(): void {
    const number = nextTraceFile(this.#number, this.#limits);
    // What was in the oldest file was written.
    this.written.forget(this.#dataPath(number));
    this.#asOwner(() => this.#remove(number));
    this.#closeFiles();
    this.#beginAt(number);
  }

  #beginAt(number: number): void {
    this.#number = number;
    this.#bytes = 0;
    this.#packets = 0;
    this.#events = 0;
  }

  #remove(number: number): void {
    rmSync(this.#dataPath(number), { force: true });
    rmSync(this.#indexPath(number), { force: true });
  }

  #open(): OpenFiles {
    if (this.#files !== undefined) return this.#files;
    const opened: number[] = [];
    try {
      this.#asOwner(() => {
        ensureTraceDirectory(join(this.#directory, 'index'), this.#root);
        opened.push(openTraceFile(this.#indexPath(this.#number)), openTraceFile(this.#dataPath(this.#number)));
      });
      this.#files = { index: opened[0] as number, data: opened[1] as number };
      this.written.opened(this.#dataPath(this.#number), this.#files.data);
      return this.#files;
    } catch (error) {
      opened.forEach(closeQuietly);
      throw error;
    }
  }

  #openCheckpoints(): CheckpointFile {
    this.#checkpoints ??= this.#asOwner(() => {
      ensureTraceDirectory(join(this.#checkpointPath, '..'), this.#root);
      return new CheckpointFile(this.#checkpointPath, this.#output);
    });
    return this.#checkpoints;
  }

  #closeFiles(): void {
    if (this.#files === undefined) return;
    this.written.closing();
    closeQuietly(this.#files.data);
    closeQuietly(this.#files.index);
    this.#files = undefined;
  }

  #repairIndex(index: number, whole: Buffer): void {
    // A file without a packet has no index entry, and then no header either.
    const expected = whole.length === INDEX_HEADER_BYTES ? whole.subarray(0, 0) : whole;
    const size = fstatSync(index).size;
    const found = Buffer.alloc(Math.min(size, expected.length));
    readSync(index, found, 0, found.length, 0);
    if (size === expected.length && found.equals(expected)) return;
    writeWhole(this.#output, index, [expected], 0);
    this.#output.truncate(index, expected.length);
  }

  #dataPath(number: number): string {
    return join(this.#directory, traceFileName(this.#name, number, this.#limits));
  }

  #indexPath(number: number): string {
    return join(this.#directory, 'index', `${traceFileName(this.#name, number, this.#limits)}.idx`);
  }

  #asOwner<Result>(run: () => Result): Result {
    return this.#owner === undefined ? run() : asUser(this.#owner, run);
  }
}

function lastSeqOf({ walked }: FoundFile): number {
  return Number(walked.lastPacket?.packetSequenceNumber ?? -1n);
}

/**
 * Withdraws the newest checkpoint. If that fails nothing is wrong yet: the size of the file shows that its packet is absent.
 */
function withdrawQuietly(checkpoints: CheckpointFile): void {
  try {
    checkpoints.withdraw();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
