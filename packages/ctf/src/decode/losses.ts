import type { ClockValue } from './clock-value.ts';
import { type DataStream, instantOf, type LossMessage } from './messages.ts';

/** What a packet says of itself and of what was lost before it. */
export interface PacketCounters {
  readonly beginCycles: bigint | undefined;
  readonly endCycles: bigint | undefined;
  /** Number of this packet in its data stream. */
  readonly sequenceNumber: bigint | undefined;
  /** Event records discarded so far in this data stream. */
  readonly discardedEvents: bigint | undefined;
}

/**
 * What was lost between two packets of a data stream: first event records, then packets.
 *
 * Of the first packet, only that events were discarded before its end is known. A first sequence number other than
 * zero means nothing: snapshots and rotated traces begin anywhere.
 */
export function lossesBetween(
  stream: DataStream,
  previous: PacketCounters | undefined,
  packet: PacketCounters,
  clock: ClockValue | undefined,
): LossMessage[] {
  const losses: LossMessage[] = [];
  const discarded = packet.discardedEvents;
  if (discarded !== undefined) {
    const before = previous?.discardedEvents;
    const count = before === undefined ? undefined : BigInt.asUintN(64, discarded - before);
    const from = before === undefined ? packet.beginCycles : previous?.endCycles;
    if (count === undefined ? discarded !== 0n : count !== 0n) {
      const hasRange = packet.beginCycles !== undefined;
      losses.push(loss('discarded-events', stream, count, hasRange ? from : undefined, packet.endCycles, clock));
    }
  }
  const number = packet.sequenceNumber;
  const numberBefore = previous?.sequenceNumber;
  if (number !== undefined && numberBefore !== undefined) {
    const count = BigInt.asUintN(64, number - numberBefore);
    if (count > 1n) {
      const to = packet.endCycles === undefined ? undefined : packet.beginCycles;
      losses.push(loss('discarded-packets', stream, count - 1n, previous?.endCycles, to, clock));
    }
  }
  return losses;
}

function loss(
  kind: LossMessage['kind'],
  stream: DataStream,
  count: bigint | undefined,
  begin: bigint | undefined,
  end: bigint | undefined,
  clock: ClockValue | undefined,
): LossMessage {
  if (clock === undefined) return { kind, stream, count, range: undefined, seconds: 0, nanoseconds: 0 };
  if (begin === undefined || end === undefined) {
    clock.convert();
    return { kind, stream, count, range: undefined, seconds: clock.seconds, nanoseconds: clock.nanoseconds };
  }
  const range = { begin: instantOf(clock.toNanoseconds(begin)), end: instantOf(clock.toNanoseconds(end)) };
  return { kind, stream, count, range, ...range.begin };
}
