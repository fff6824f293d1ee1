import { type Clock, errnoOf } from '@ringtail/base';
import type { Appended, AppendedLater, OutgoingPacket, StreamNote, StreamOutput } from '../output/packet-output.ts';
import type { SourcePacket, SourcePosition } from '../source/packet-source.ts';
import type { CopiedPacket } from '../source/source.ts';
import type { StreamCounts } from './stream-counts.ts';

/** Delay after a failed append, doubled by each further one: a short failure costs little time. */
const RETRY_FIRST_MS = 50;
/** Longest delay: writing goes on within two seconds after a full disk has room again. */
const RETRY_MAX_MS = 2000;

type DescribedPacket = OutgoingPacket & SourcePacket;

export interface PacketAppenderOptions extends Clock {
  readonly output: StreamOutput;
  readonly counts: StreamCounts;
  readonly encodeHeader: (packet: CopiedPacket) => Uint8Array;
  readonly onProblem: (sentence: string) => void;
}

/** Appends the packets of one data stream, one at a time, each with its header and the note that holds after it. */
export class PacketAppender {
  /** End of the last packet; undefined before the first. */
  lastEndTimestamp: number | undefined;
  /** Position of the source after the last packet; undefined before the first. */
  lastPosition: SourcePosition | undefined;
  readonly #options: PacketAppenderOptions;
  #lastPacketAtMs: number;
  /** Answer to the packet that the output has not answered yet. */
  #awaited: Promise<AppendedLater | 'failed'> | undefined;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #retryDelayMs = RETRY_FIRST_MS;
  #isClosed = false;

  constructor(options: PacketAppenderOptions) {
    this.#options = options;
    this.#lastPacketAtMs = options.nowMs();
  }

  get awaited(): Promise<AppendedLater | 'failed'> | undefined {
    return this.#awaited;
  }

  /** Whether a failed append is too recent to try again. */
  get isPaused(): boolean {
    return this.#options.nowMs() < this.#retryAtMs;
  }

  get sinceLastPacketMs(): number {
    return this.#options.nowMs() - this.#lastPacketAtMs;
  }

  /** Tries again at once after a failed append. */
  endPause(): void {
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Appends a packet, and releases it once the output has it.
   *
   * @param release must not throw
   * @returns whether the packet was released; if not, `awaited` tells whether it may be later
   */
  append(packet: SourcePacket, release: () => void): boolean {
    const { output, counts } = this.#options;
    const outgoing = this.#outgoing(packet);
    const { packetSeq, after: position } = packet;
    const note = {
      packetSeq,
      position,
      statistics: counts.after(outgoing, 'written'),
      cleared: counts.cleared,
      eventsDiscardedReported: outgoing.eventsDiscarded,
      chunkPacketSeq: counts.chunkPacketSeq,
    };
    try {
      const answer = output.append(outgoing, note);
      if (answer instanceof Promise) {
        this.#awaited = this.#whenAnswered(answer, outgoing, release);
        return false;
      }
      this.#count(outgoing, answer);
    } catch (error) {
      this.#pause(error);
      return false;
    }
    release();
    return true;
  }

  /** Replaces the note of the last packet, for counts that changed since. A packet underway brings its own note. */
  renewNote(): void {
    if (this.lastPosition === undefined || this.#awaited !== undefined) return;
    const { output, counts } = this.#options;
    const { statistics, cleared, eventsDiscardedReported, chunkPacketSeq } = counts;
    const position = this.lastPosition;
    const packetSeq = position.packetSeq - 1;
    const note: StreamNote = {
      packetSeq,
      position,
      statistics: { ...statistics },
      cleared,
      eventsDiscardedReported,
      chunkPacketSeq,
    };
    try {
      output.note(note);
    } catch (error) {
      this.#report(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#options.output.close();
  }

  async #whenAnswered(
    answer: Promise<AppendedLater>,
    packet: DescribedPacket,
    release: () => void,
  ): Promise<AppendedLater | 'failed'> {
    try {
      const appended = await answer;
      // A packet that is answered after the end belongs to the next consumer, which asks the output whether it arrived.
      if (this.#isClosed || appended === 'again') return 'again';
      this.#count(packet, appended);
      release();
      return appended;
    } catch (error) {
      this.#pause(error);
      return 'failed';
    } finally {
      this.#awaited = undefined;
    }
  }

  #count(packet: DescribedPacket, appended: Appended): void {
    this.#options.counts.add(packet, appended);
    this.lastEndTimestamp = packet.endTimestamp;
    this.lastPosition = packet.after;
    this.#lastPacketAtMs = this.#options.nowMs();
    this.#retryDelayMs = RETRY_FIRST_MS;
  }

  /** The output is as before the append that failed: the next one waits a while. */
  #pause(error: unknown): void {
    this.#report(error);
    this.#retryAtMs = this.#options.nowMs() + this.#retryDelayMs;
    this.#retryDelayMs = Math.min(2 * this.#retryDelayMs, RETRY_MAX_MS);
  }

  /** @throws errors without a code: failures of this process */
  #report(error: unknown): void {
    if (errnoOf(error) === undefined) throw error;
    this.#options.onProblem(this.#options.output.describeFailure(error));
  }

  /** The packet with its header. Counters of a data stream never go back, whatever the source says. */
  #outgoing(packet: SourcePacket): DescribedPacket {
    const eventsDiscarded = Math.max(packet.eventsDiscarded, this.#options.counts.eventsDiscardedReported);
    const described = { ...packet, eventsDiscarded };
    const header = this.#options.encodeHeader(described);
    return { ...described, header, packetBytes: header.length + packet.records.length };
  }
}
