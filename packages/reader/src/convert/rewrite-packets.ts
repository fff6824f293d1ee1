import { instantOf, isBefore, RingtailError } from '@ringtail/base';
import type {
  BoundaryMessage,
  DataStream,
  DataStreamReader,
  EventMessage,
  Message,
  Next,
  PacketWriter,
} from '@ringtail/ctf';
import type { TimeRange } from '../cut/time-range.ts';

export interface RewriteOptions {
  readonly range: TimeRange;
  /** Which events are wanted; all, if absent. */
  readonly keep: ((event: EventMessage) => boolean) | undefined;
  /**
   * Receives the error of a malformed packet; the packets behind it are written too. Without it, the error is thrown.
   */
  readonly onDamage: ((error: RingtailError) => void) | undefined;
}

/**
 * Writes the packets of a data stream anew, with the events that lie in a time range and are wanted.
 *
 * Of a malformed packet, the events before the damage are written.
 *
 * @throws the error of the first malformed packet, once its packet is written
 */
export function rewritePackets(
  reader: DataStreamReader,
  writerFor: (stream: DataStream) => PacketWriter,
  { range, keep, onDamage }: RewriteOptions,
): void {
  const begin = range.begin === undefined ? undefined : instantOf(range.begin);
  const end = range.end === undefined ? undefined : instantOf(range.end);
  const add = (event: EventMessage, cut: PacketCut) => {
    if (begin !== undefined && isBefore(event, begin)) cut.leaveOut('early');
    else if (end !== undefined && isBefore(end, event)) cut.leaveOut('late');
    else if (keep === undefined || keep(event)) cut.add(event);
  };
  let cut: PacketCut | undefined;
  let damage: RingtailError | undefined;
  for (;;) {
    let next: Next<Message | BoundaryMessage>;
    try {
      next = reader.nextWithBoundaries();
    } catch (error) {
      if (!(error instanceof RingtailError) || damage !== undefined) throw error;
      if (onDamage === undefined) damage = error;
      else onDamage(error);
      reader.skipPacket();
      continue;
    }
    const message = next.kind === 'item' ? next.item : undefined;
    // The end of a malformed packet still comes.
    if (damage !== undefined && message?.kind !== 'packet-end') throw damage;
    if (message === undefined) return;
    if (message.kind === 'packet-begin') cut = new PacketCut(writerFor(message.stream));
    else if (message.kind === 'packet-end') cut!.end(message);
    else if (message.kind === 'event') add(message, cut!);
  }
}

/** Writes the events of one packet that are left. */
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
      // No event lies in the time range. A packet whose events are merely unwanted stays, empty.
      if (this.#isCutBefore || this.#isCutBehind) return;
      this.#writer.begin(packet);
    }
    this.#writer.end(this.#isCutBehind && this.#last !== undefined ? this.#last.cycles : cycles);
  }
}
