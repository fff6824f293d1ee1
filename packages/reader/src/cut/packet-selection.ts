import type { PacketSummary } from '@ringtail/ctf';
import type { TimeRange } from './time-range.ts';

/** Which packets of a data stream a time range concerns, as places in the order of packets. */
export interface PacketSelection {
  /** No packet before this one has an event in the range. */
  readonly from: number;
  /** All events of the packets from `wholeFrom` on, and before `wholeTo`, lie in the range. */
  readonly wholeFrom: number;
  readonly wholeTo: number;
  /** Neither this packet nor a packet behind it has an event in the range, or reports losses in it. */
  readonly to: number;
}

/**
 * Selects packets by the times of their first events.
 *
 * A packet's begin and end prove nothing: LTTng 2.2 to 2.10 recorded events after the end, barectf before 2.3.1 before
 * the begin, and a crash leaves an end of 0. Events of a data stream do not go back in time, so the first event of a
 * packet bounds all events of the packets before it. A few first events are decoded, which a binary search chooses.
 *
 * @param firstEventNs time of a packet's first event; undefined where it has none
 * @returns undefined where a first event does not lie within its packet's begin and end: every packet has to be read
 *   then
 */
export function selectPackets(
  packets: readonly PacketSummary[],
  { begin, end }: TimeRange,
  firstEventNs: (packet: PacketSummary) => bigint | undefined,
): PacketSelection | undefined {
  const search = new FirstEventSearch(packets, firstEventNs);
  // The packet before the first packet that begins in the range may reach into it.
  const inside = begin === undefined ? 0 : search.find((ns) => ns >= begin);
  const beyond = end === undefined ? packets.length : search.find((ns) => ns > end);
  if (search.isRefuted) return undefined;
  let to = beyond;
  // Losses are dated from the end of the packet before.
  while (end !== undefined && to < packets.length && (packets[to - 1]?.endNs ?? packets[to]!.beginNs!) <= end) to++;
  return {
    from: begin === undefined ? 0 : Math.max(0, inside - 1),
    wholeFrom: inside,
    wholeTo: end === undefined ? packets.length : beyond - 1,
    to,
  };
}

class FirstEventSearch {
  /** Whether an event was found outside of its packet's begin and end. */
  isRefuted = false;
  readonly #packets: readonly PacketSummary[];
  readonly #firstEventNs: (packet: PacketSummary) => bigint | undefined;
  readonly #known = new Map<number, bigint | undefined>();

  constructor(packets: readonly PacketSummary[], firstEventNs: (packet: PacketSummary) => bigint | undefined) {
    this.#packets = packets;
    this.#firstEventNs = firstEventNs;
  }

  /**
   * The first packet at which a condition holds for the next event in it or behind it. The condition holds for later
   * events as well.
   */
  find(isBeyond: (ns: bigint) => boolean): number {
    let low = 0;
    let high = this.#packets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const ns = this.#nextEvent(middle, high);
      if (ns === undefined || isBeyond(ns)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Packets before `to` are searched: the event behind them is known to be beyond. */
  #nextEvent(from: number, to: number): bigint | undefined {
    for (let i = from; i < to; i++) {
      const ns = this.#first(i);
      if (ns !== undefined) return ns;
    }
    return undefined;
  }

  #first(i: number): bigint | undefined {
    if (this.#known.has(i)) return this.#known.get(i);
    const packet = this.#packets[i]!;
    const ns = this.#firstEventNs(packet);
    this.#known.set(i, ns);
    if (ns !== undefined && (ns < packet.beginNs! || ns > packet.endNs!)) this.isRefuted = true;
    return ns;
  }
}
