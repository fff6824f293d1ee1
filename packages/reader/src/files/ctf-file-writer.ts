import fs from 'node:fs';
import { RingtailError } from '@ringtail/base';
import {
  type DataStream,
  type DataStreamReader,
  type EventMessage,
  type PacketPlace,
  type PacketSummary,
  PacketWriter,
  type TraceClass,
} from '@ringtail/ctf';
import { rewritePackets } from '../convert/rewrite-packets.ts';
import type { PacketSelection } from '../cut/packet-selection.ts';
import { NS_MAX, NS_MIN, type TimeRange } from '../cut/time-range.ts';
import { ReaderError } from '../reader-error.ts';
import { readerOf } from '../trace/stream-source.ts';
import type { TraceStream } from '../trace/trace-stream.ts';
import { PRIVATE_FILE } from './private-modes.ts';
import { openRegularFile, readFrom, sizeOfFile } from './regular-file.ts';

const COPY_BYTES = 1 << 20;
/** Packets whose places are kept until they are copied. */
const RUN_PACKETS = 1000;
const ZEROS = Buffer.alloc(COPY_BYTES);

export interface FileWriteOptions {
  /** Trace class of the output's metadata. */
  readonly class: TraceClass;
  readonly range: TimeRange;
  readonly keep: ((event: EventMessage) => boolean) | undefined;
  /** Whether packets can be copied as they are. */
  readonly keepsPackets: boolean;
  /** Whether the packets behind a malformed packet are written. */
  readonly keepsGoing: boolean;
  /** Receives the error of the file, which ends there. */
  readonly onError: (error: RingtailError) => void;
  readonly onPackets: (kind: 'copied' | 'written', count: number, bytes: number) => void;
}

/**
 * Writes one file of a data stream packet by packet. Packets that lie in the time range whole are copied, others are
 * cut.
 */
export class CtfFileWriter {
  readonly #stream: TraceStream;
  readonly #sourceIdx: number;
  readonly #options: FileWriteOptions;
  readonly #fd: number;
  #at = 0;
  /** By data stream class: a file may contain packets of several classes. */
  readonly #writers = new Map<bigint, PacketWriter>();
  /** When the packet that was copied last ends. */
  #copiedTo: bigint | undefined;

  constructor(stream: TraceStream, sourceIdx: number, target: string, options: FileWriteOptions) {
    this.#stream = stream;
    this.#sourceIdx = sourceIdx;
    this.#options = options;
    this.#fd = fs.openSync(target, 'wx', PRIVATE_FILE);
  }

  #writerFor(id: bigint): PacketWriter {
    let writer = this.#writers.get(id);
    if (writer === undefined) {
      const traceClass = this.#options.class;
      const dataStreamClass = traceClass.dataStreamClasses.find((c) => c.id === id)!;
      writer = new PacketWriter(traceClass, dataStreamClass, (packet) => {
        this.#put(packet);
        this.#options.onPackets('written', 1, packet.length);
      });
      writer.skipTo(this.#copiedTo);
      this.#writers.set(id, writer);
    }
    return writer;
  }

  write(): void {
    this.#finish(() => {
      const { range } = this.#options;
      const isTrimmed = range.begin !== undefined || range.end !== undefined;
      const selection = isTrimmed ? this.#stream.select(range) : undefined;
      if (selection === undefined) this.#rewrite(undefined);
      else this.#writeSelected(selection);
    });
  }

  /** Copies all packets, from header to header. Bytes between packets or behind them are not read. */
  copy(): void {
    this.#finish(() => {
      const reader = this.#reader(undefined);
      const { name } = this.#stream.sources[this.#sourceIdx]!;
      let run: PacketSummary[] = [];
      try {
        for (let next = reader.nextPacket(); next.kind === 'item'; next = reader.nextPacket()) {
          const { totalBytes = (sizeOfFile(name) ?? 0) - next.item.offsetBytes } = next.item;
          run.push({ ...next.item, totalBytes });
          if (run.length < RUN_PACKETS) continue;
          this.#copy(run);
          run = [];
        }
      } finally {
        this.#copy(run);
      }
    });
  }

  #finish(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof RingtailError)) throw error;
      this.#options.onError(error);
    } finally {
      fs.closeSync(this.#fd);
    }
  }

  #writeSelected({ from, wholeFrom, wholeTo, to }: PacketSelection): void {
    const { begin = NS_MIN, end = NS_MAX } = this.#options.range;
    const isCopied = this.#options.keepsPackets && this.#options.keep === undefined;
    const { packets } = this.#stream.index;
    let run: PacketSummary[] = [];
    for (let i = from; i < to; i++) {
      const packet = packets[i]!;
      if (packet.sourceIdx !== this.#sourceIdx) continue;
      const isWhole = wholeFrom <= i && i < wholeTo && begin <= packet.beginNs! && packet.endNs! <= end;
      if (isWhole && isCopied && packet.totalBytes !== undefined) {
        run.push(packet);
        continue;
      }
      this.#copy(run);
      run = [];
      this.#rewrite(packet);
    }
    this.#copy(run);
    this.#checkTail(
      packets.findLast(({ sourceIdx }) => sourceIdx === this.#sourceIdx),
      end,
    );
  }

  /**
   * Reports damage behind the last packet of the index, if the time range goes on there: an index ends before damage.
   */
  #checkTail(last: PacketSummary | undefined, end: bigint): void {
    const offsetBytes = last === undefined ? 0 : last.offsetBytes + (last.totalBytes ?? Number.POSITIVE_INFINITY);
    const source = this.#stream.sources[this.#sourceIdx]!;
    if (offsetBytes >= (sizeOfFile(source.name) ?? 0) || (last?.endNs !== undefined && last.endNs > end)) return;
    this.#reader({ sourceIdx: this.#sourceIdx, offsetBytes }).nextPacket();
  }

  #copy(packets: readonly PacketSummary[]): void {
    for (let from = 0; from < packets.length; ) {
      let to = from + 1;
      while (to < packets.length && packets[to]!.offsetBytes === endOf(packets[to - 1]!)) to++;
      const start = packets[from]!.offsetBytes;
      const bytes = endOf(packets[to - 1]!) - start;
      this.#copyRange(this.#stream.sources[this.#sourceIdx]!.name, start, bytes);
      this.#options.onPackets('copied', to - from, bytes);
      this.#copiedTo = packets[to - 1]!.endCycles;
      for (const writer of this.#writers.values()) writer.skipTo(this.#copiedTo);
      from = to;
    }
  }

  /** @throws {ReaderError} `UNREADABLE` where the file has become shorter than it was when its packets were counted */
  #copyRange(file: string, start: number, length: number): void {
    const { fd } = openRegularFile(file);
    try {
      const buffer = Buffer.allocUnsafe(Math.min(length, COPY_BYTES));
      for (let done = 0; done < length; ) {
        const count = readFrom(fd, buffer, Math.min(buffer.length, length - done), start + done);
        if (count === 0) throw new ReaderError('UNREADABLE', 'the file became shorter while it was read').within(file);
        this.#put(buffer.subarray(0, count));
        done += count;
      }
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Large pieces of zeros become holes: a packet may claim a terabyte of them. */
  #put(bytes: Uint8Array): void {
    if (bytes.length === COPY_BYTES && ZEROS.equals(bytes)) {
      this.#at += bytes.length;
      fs.ftruncateSync(this.#fd, this.#at);
      return;
    }
    for (let done = 0; done < bytes.length; ) {
      done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, this.#at + done);
    }
    this.#at += bytes.length;
  }

  #reader(place: PacketPlace | undefined): DataStreamReader {
    const reader = readerOf(this.#stream, this.#sourceIdx);
    if (place !== undefined) reader.follow([{ sourceIdx: 0, offsetBytes: place.offsetBytes }]);
    return reader;
  }

  /** @param place the packet; all packets, if absent */
  #rewrite(place: PacketPlace | undefined): void {
    const { range, keep, keepsGoing, onError } = this.#options;
    const writerFor = (stream: DataStream) => this.#writerFor(stream.class.id);
    rewritePackets(this.#reader(place), writerFor, { range, keep, onDamage: keepsGoing ? onError : undefined });
  }
}

function endOf({ offsetBytes, totalBytes }: PacketSummary): number {
  return offsetBytes + totalBytes!;
}
