import { join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { asUser, type UserIds } from '@ringtail/posix';
import type { StreamIdentity } from '../../source/source.ts';
import type { Appended, OutgoingPacket, RecoveredStream, StreamNote, StreamOutput } from '../packet-output.ts';
import { noStatistics, type StreamStatistics } from '../stream-statistics.ts';
import { type Checkpoint, CheckpointFile } from './checkpoint-file.ts';
import type { FileCalls } from './file-calls.ts';
import { type FoundFile, lastSeqOf, StreamFiles } from './stream-files.ts';
import { ensureTraceDirectory } from './trace-directory.ts';
import { ONE_TRACE_FILE, type TraceFileLimits } from './trace-file-names.ts';

export interface DataStreamFileOptions {
  /** Directory of the trace in the current trace chunk. */
  readonly directory: string;
  readonly name: string;
  readonly identity: StreamIdentity;
  readonly calls: FileCalls;
  /**
   * Directory of the checkpoints, below the output directory `root` of the session: it stays when the trace chunk is
   * moved away. By default the directory of the index.
   */
  readonly state?: { readonly directory: string; readonly root: string };
  readonly limits?: TraceFileLimits;
  /** Owner of the files, if this process is root's. */
  readonly owner?: UserIds;
  /** Whether the trace chunk that the files are to be part of is where it was made. */
  readonly isChunkThere?: () => boolean;
  /** Receives a sentence if files were removed or moved from outside. */
  readonly onProblem?: (sentence: string) => void;
}

/**
 * Data stream in trace files: its files in the current trace chunk, and its checkpoints in `<name>.checkpoint`.
 *
 * A packet is written in this order: checkpoint, packet, index entry.
 */
export class DataStreamFile implements StreamOutput {
  /** Directory and name, without a number. */
  readonly location: string;
  readonly #options: DataStreamFileOptions;
  readonly #checkpointPath: string;
  readonly #files: StreamFiles;
  #checkpoints: CheckpointFile | undefined;
  #isClearNoted = false;
  #isClosed = false;

  constructor(options: DataStreamFileOptions) {
    const { directory, name, identity, calls, owner, limits = ONE_TRACE_FILE, state } = options;
    this.#options = options;
    this.location = join(directory, name);
    this.#checkpointPath = join(state?.directory ?? join(directory, 'index'), this.checkpointName);
    this.#files = new StreamFiles({ directory, name, identity, calls, owner, limits, root: this.#root });
  }

  get checkpointName(): string {
    return `${this.#options.name}.checkpoint`;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Size of the current file. */
  get bytes(): number {
    return this.#files.bytes;
  }

  /**
   * The newest checkpoint counts whose packet was written. That packet is the last one in its file; or the source has
   * released it, and the file has been archived, emptied or replaced since. Of a source that tells no position, the
   * latter is known of a file without packets only.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if the file is something else; or the system's error
   */
  recover(unacknowledgedSeq: number | undefined): RecoveredStream | null {
    return this.#asOwner(() => {
      const checkpoints = CheckpointFile.read(this.#checkpointPath);
      for (const [idx, checkpoint] of checkpoints.entries()) {
        const { packetSeq, fileNumber } = checkpoint;
        const found = this.#files.find(fileNumber);
        const lastSeq = found === undefined ? -1 : lastSeqOf(found);
        const isReleased = unacknowledgedSeq === undefined ? lastSeq < 0 : packetSeq < unacknowledgedSeq;
        if (lastSeq !== packetSeq && !(isReleased && lastSeq < packetSeq)) continue;
        for (const aborted of checkpoints.slice(0, idx)) this.#forgetAborted(aborted, checkpoint);
        return this.#resume(checkpoint, found);
      }
      return this.#resumeWithoutCheckpoint(unacknowledgedSeq);
    });
  }

  /** A packet is lost if its trace chunk was removed from outside. */
  append(packet: OutgoingPacket, note: StreamNote): Appended {
    if (this.#isChunkRemoved()) {
      this.#closeFiles();
      return 'lost';
    }
    const files = this.#files;
    files.prepare(packet);
    const checkpoints = this.#openCheckpoints();
    checkpoints.write({
      ...note,
      fileNumber: files.number,
      fileBytes: files.bytes + packet.packetBytes,
      fileEvents: files.events + packet.recordCount,
      filePackets: files.packets + 1,
    });
    try {
      files.append(packet);
    } catch (error) {
      withdrawQuietly(checkpoints);
      throw error;
    }
    return 'written';
  }

  describeFailure(error: unknown): string {
    const { directory } = this.#options;
    const errno = errnoOf(error);
    if (errno === 'ENOSPC') return `disk full while writing ${directory}`;
    if (errno === 'EDQUOT') return `disk quota exceeded while writing ${directory}`;
    return `cannot write ${this.location}: ${describeError(error)} (NOT_WRITTEN)`;
  }

  note(note: StreamNote): void {
    if (this.#checkpoints === undefined && this.#isChunkRemoved()) return;
    const { number: fileNumber, bytes: fileBytes, events: fileEvents, packets: filePackets } = this.#files;
    this.#openCheckpoints().write({ ...note, fileNumber, fileBytes, fileEvents, filePackets });
  }

  /**
   * Writes a second checkpoint. It counts once the last trace file is removed; until then the earlier one counts.
   */
  noteClear(note: StreamNote): void {
    const emptyFile = { fileNumber: this.#files.number, fileBytes: 0, fileEvents: 0, filePackets: 0 };
    this.#openCheckpoints().write({ ...note, ...emptyFile });
    this.#isClearNoted = true;
  }

  abandonClear(): void {
    if (!this.#isClearNoted) return;
    this.#isClearNoted = false;
    withdrawQuietly(this.#openCheckpoints());
  }

  checkWritten(statistics: StreamStatistics): void {
    const { removed, movedTo } = this.#asOwner(() => this.#files.written.settle(statistics));
    const { directory, onProblem } = this.#options;
    if (removed) onProblem?.(removedFrom(directory));
    if (movedTo !== undefined) onProblem?.(movedFrom(directory, movedTo));
  }

  /** Closes the files, which are about to be moved or removed. The next packet opens them again. */
  suspend(): void {
    this.#files.close();
  }

  /** The files were archived or removed: the next packet goes into new ones. */
  beginChunk(): void {
    this.#files.beginChunk();
    this.#isClearNoted = false;
  }

  /** The trace chunk was archived, perhaps by a former consumer: its packets stay counted, wherever they go later. */
  forgetArchived(): void {
    this.#files.written.forgetClosed();
  }

  close(): void {
    this.#closeFiles();
    this.#isClosed = true;
  }

  #closeFiles(): void {
    this.#files.close();
    this.#checkpoints?.close();
    this.#checkpoints = undefined;
  }

  get #root(): string {
    return this.#options.state?.root ?? this.#options.directory;
  }

  /** Whether packets have no place: without its metadata the chunk would be unreadable. A single file is made again. */
  #isChunkRemoved(): boolean {
    const { isOpen, written } = this.#files;
    if (isOpen && written.isOpenFileKept()) return false;
    const { isChunkThere } = this.#options;
    if (isChunkThere !== undefined && !this.#asOwner(isChunkThere)) return true;
    if (isOpen) this.#files.makeAgain();
    return false;
  }

  #resume(checkpoint: Checkpoint, found: FoundFile | undefined): RecoveredStream {
    const { fileNumber, fileBytes, fileEvents, filePackets, ...note } = checkpoint;
    const written = { events: fileEvents, packets: filePackets, bytes: fileBytes };
    const isInFile = found !== undefined && lastSeqOf(found) === note.packetSeq;
    if (found !== undefined) this.#files.continueIn(found, isInFile ? fileEvents : 0);
    if (isInFile) this.#files.written.wrote(written);
    // Lost, unless the rotation during which the former consumer died is repeated.
    else if (fileBytes > 0) this.#files.written.missed(this.#files.pathOf(fileNumber), written);
    const nextPacketSeq = note.packetSeq + 1;
    return {
      endTimestamp: note.position.lastTimestamp,
      eventsDiscarded: note.eventsDiscardedReported,
      nextPacketSeq,
      // A chunk without the file has been archived, and the next one has no packet yet.
      chunkPacketSeq: found === undefined ? nextPacketSeq : note.chunkPacketSeq,
      note,
      statistics: note.statistics,
    };
  }

  /** Continues by the headers of the packets. */
  #resumeWithoutCheckpoint(unacknowledgedSeq = Number.POSITIVE_INFINITY): RecoveredStream | null {
    const found = this.#files.findNewest(unacknowledgedSeq);
    if (found === undefined) return null;
    this.#files.continueIn(found, 0);
    const last = found.walked.lastPacket;
    if (last === undefined) return null;
    const { packets, bytes } = this.#files;
    const eventsDiscarded = Number(last.eventsDiscarded);
    const nextPacketSeq = Number(last.packetSequenceNumber) + 1;
    const packetsLost = Math.max(0, nextPacketSeq - packets);
    return {
      endTimestamp: Number(last.timestampEnd),
      eventsDiscarded,
      nextPacketSeq,
      chunkPacketSeq: nextPacketSeq,
      note: undefined,
      statistics: { ...noStatistics(), eventsDiscarded, packets, packetsLost, bytes },
    };
  }

  /** Withdraws the checkpoint of a packet that was not written, and the file that was made for it. */
  #forgetAborted({ fileNumber }: Checkpoint, valid: Checkpoint): void {
    withdrawQuietly(this.#openCheckpoints());
    if (fileNumber === valid.fileNumber) return;
    if (this.#files.find(fileNumber)?.walked.lastPacket === undefined) this.#files.remove(fileNumber);
  }

  #openCheckpoints(): CheckpointFile {
    this.#checkpoints ??= this.#asOwner(() => {
      ensureTraceDirectory(join(this.#checkpointPath, '..'), this.#root);
      return new CheckpointFile(this.#checkpointPath, this.#options.calls);
    });
    return this.#checkpoints;
  }

  #asOwner<Result>(action: () => Result): Result {
    const { owner } = this.#options;
    return owner === undefined ? action() : asUser(owner, action);
  }
}

/** Sentence for a part of a trace that was removed. */
export function removedFrom(directory: string): string {
  return `${directory}: files were removed, cut short, replaced or unmounted while they were recorded, and the events in them are lost (TRACE_REMOVED)`;
}

function movedFrom(directory: string, movedTo: string): string {
  return `${directory}: files were moved while they were recorded; the events in them are in ${movedTo} (TRACE_MOVED)`;
}

/**
 * Withdraws the newest checkpoint. If that fails nothing is wrong yet: the size of the file shows that its packet is
 * absent.
 */
function withdrawQuietly(checkpoints: CheckpointFile): void {
  try {
    checkpoints.withdraw();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
