import fs from 'node:fs';
import { RingtailError } from '@ringtail/base';
import {
  type BoundaryMessage,
  DataStreamReader,
  type EventMessage,
  type Instant,
  type Message,
  type Next,
  type PacketPlace,
  type PacketSummary,
  PacketWriter,
  type TraceClass,
} from '@ringtail/ctf';
import type { PacketSelection } from '../cut/packet-selection.ts';
import { NS_MAX, NS_MIN, type TimeRange } from '../cut/time-range.ts';
import { instantOf, isBefore } from '../instant.ts';
import { ReaderError } from '../reader-error.ts';
import type { TraceStream } from '../trace/trace-stream.ts';
import { PRIVATE_FILE } from './private-modes.ts';
import { openRegularFile, readFrom, sizeOfFile } from './regular-file.ts';

const COPY_BYTES = 1 << 20;
/** Packets whose places are kept until they are copied. */
const RUN_PACKETS = 1000;
const ZEROS = Buffer.alloc(COPY_BYTES);

export interface FileWriteOptions {
  /** What the metadata of the output says. */
  readonly class: TraceClass;
  readonly range: TimeRange;
  readonly keep: ((event: EventMessage) => boolean) | undefined;
  /** Whether packets can be copied as they are. */
  readonly keepsPackets: boolean;
  /** Whether the file goes on behind a malformed packet. */
  readonly keepsGoing: boolean;
  /** Takes what is wrong with the file, which ends there otherwise. */
  readonly onError: (error: RingtailError) => void;
  readonly onPackets: (kind: 'copied' | 'written', count: number, bytes: number) => void;
}

/** Writes one file of a data stream packet by packet: those that lie in the time range whole are copied, others cut. */
export class CtfFileWriter {
  readonly #stream: TraceStream;
  readonly #sourceIdx: number;
  readonly #options: FileWriteOptions;
  readonly #begin: Instant | undefined;
  readonly #end: Instant | undefined;
  readonly #fd: number;
  #at = 0;
  /** By data stream class: a file may hold packets of several. */
  readonly #writers = new Map<bigint, PacketWriter>();
  /** When the packet that was copied last ends. */
  #copiedTo: bigint | undefined;

  constructor(stream: TraceStream, sourceIdx: number, target: string, options: FileWriteOptions) {
    this.#stream = stream;
    this.#sourceIdx = sourceIdx;
    this.#options = options;
    const { begin, end } = options.range;
    this.#begin = begin === undefined ? undefined : instantOf(begin);
    this.#end = end === undefined ? undefined : instantOf(end);
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
      const isTrimmed = this.#begin !== undefined || this.#end !== undefined;
      const selection = isTrimmed ? this.#stream.select(this.#options.range) : undefined;
      if (selection === undefined) this.#rewrite(undefined);
      else this.#writeSelected(selection);
    });
  }

  /** Copies all packets, from header to header: what lies between or behind them is not read. */
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

  /** An index ends before damage. Whoever asked for what comes then has to hear of it. */
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
    const { decoder, identity, sources, id } = this.#stream;
    const reader = new DataStreamReader(decoder, identity, [sources[this.#sourceIdx]!], id);
    if (place !== undefined) reader.follow([{ sourceIdx: 0, offsetBytes: place.offsetBytes }]);
    return reader;
  }

  /** @param place the packet; all packets, if absent */
  #rewrite(place: PacketPlace | undefined): void {
    const { keepsGoing, onError } = this.#options;
    const reader = this.#reader(place);
    let cut: PacketCut | undefined;
    let damage: RingtailError | undefined;
    for (;;) {
      let next: Next<Message | BoundaryMessage>;
      try {
        next = reader.nextWithBoundaries();
      } catch (error) {
        if (!(error instanceof RingtailError) || damage !== undefined) throw error;
        if (keepsGoing) onError(error);
        else damage = error;
        reader.skipPacket();
        continue;
      }
      const message = next.kind === 'item' ? next.item : undefined;
      // The end of a malformed packet still comes.
      if (damage !== undefined && message?.kind !== 'packet-end') throw damage;
      if (message === undefined) return;
      if (message.kind === 'packet-begin') cut = new PacketCut(this.#writerFor(message.stream.class.id));
      else if (message.kind === 'packet-end') cut!.end(message);
      else if (message.kind === 'event') this.#take(message, cut!);
    }
  }

  #take(event: EventMessage, cut: PacketCut): void {
    if (this.#begin !== undefined && isBefore(event, this.#begin)) cut.leaveOut('early');
    else if (this.#end !== undefined && isBefore(this.#end, event)) cut.leaveOut('late');
    else if (this.#options.keep === undefined || this.#options.keep(event)) cut.add(event);
  }
}

/** What is left of a packet. */
class PacketCut {
  readonly #writer: PacketWriter;
  #isBegun = false;
  #isCutBefore = false;
  #isCutBehind = false;
  #last: EventMessage | undefined;

  constructor(writer: PacketWriter) {
    this.#writer = writer;
  }

  leaveOut(which: 'early' | 'late'): void {
    if (which === 'early') this.#isCutBefore = true;
    else this.#isCutBehind = true;
  }

  add(event: EventMessage): void {
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#writer.begin(event.packet, this.#isCutBefore ? event.cycles : undefined);
    }
    this.#writer.event(event);
    this.#last = event;
  }

  end({ packet, cycles }: BoundaryMessage): void {
    if (!this.#isBegun) {
      // Nothing of it lies in the time range. A packet whose events were merely unwanted stays, empty.
      if (this.#isCutBefore || this.#isCutBehind) return;
      this.#writer.begin(packet);
    }
    this.#writer.end(this.#isCutBehind && this.#last !== undefined ? this.#last.cycles : cycles);
  }
}

function endOf({ offsetBytes, totalBytes }: PacketSummary): number {
  return offsetBytes + totalBytes!;
}
