import { instantOf } from '@ringtail/base';
import { integerOf } from '../model/class-facts.ts';
import type { IntegerRole } from '../model/field-class.ts';
import { visitFieldClasses } from '../model/field-class-walk.ts';
import type { DataStreamClass } from '../model/trace-class.ts';
import type { ClockValue } from './clock-value.ts';
import type { DataStream, LossMessage } from './messages.ts';

/** Times and counters of a packet. */
export interface PacketCounters {
  readonly beginCycles: bigint | undefined;
  readonly endCycles: bigint | undefined;
  /** Number of this packet in its data stream. */
  readonly sequenceNumber: bigint | undefined;
  /** Event records discarded so far in this data stream. */
  readonly discardedEvents: bigint | undefined;
}

/**
 * Losses between two packets of a data stream: first event records, then packets.
 *
 * Before the first packet, the number of discarded events is unknown. A first sequence number other than zero means
 * nothing: snapshots and rotated traces begin anywhere.
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
    const count = before === undefined ? undefined : increase(before, discarded, stream.class, DISCARDED);
    const from = before === undefined ? packet.beginCycles : previous?.endCycles;
    const isLoss = before === undefined ? discarded !== 0n : count !== 0n;
    if (isLoss) {
      const hasRange = packet.beginCycles !== undefined;
      losses.push(loss('discarded-events', stream, count, hasRange ? from : undefined, packet.endCycles, clock));
    }
  }
  const number = packet.sequenceNumber;
  const numberBefore = previous?.sequenceNumber;
  if (number !== undefined && numberBefore !== undefined) {
    const count = increase(numberBefore, number, stream.class, NUMBER);
    if (count === undefined || count > 1n) {
      const to = packet.endCycles === undefined ? undefined : packet.beginCycles;
      losses.push(loss('discarded-packets', stream, count && count - 1n, previous?.endCycles, to, clock));
    }
  }
  return losses;
}

const DISCARDED = 'discarded-event-record-counter-snapshot';
const NUMBER = 'packet-sequence-number';

/**
 * How far a counter has gone. Counters wrap at the width of their field.
 *
 * @returns undefined for a counter that went down: it began anew, or the packets are in disorder
 */
function increase(before: bigint, now: bigint, of: DataStreamClass, role: IntegerRole): bigint | undefined {
  const bits = now < before ? bitsOf(of, role) : 64;
  const step = BigInt.asUintN(bits, now - before);
  return step < 1n << BigInt(bits - 1) ? step : undefined;
}

function bitsOf({ packetContext }: DataStreamClass, role: IntegerRole): number {
  let bits = 64;
  if (packetContext === undefined) return bits;
  visitFieldClasses(packetContext, (fieldClass) => {
    const integer = integerOf(fieldClass);
    if (integer?.kind === 'integer' && integer.roles?.includes(role)) bits = integer.bits;
  });
  return bits;
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
  // A packet that was never closed has the end 0; an end before the begin is no time range either.
  if (begin === undefined || end === undefined || end < begin) {
    clock.convert();
    return { kind, stream, count, range: undefined, seconds: clock.seconds, nanoseconds: clock.nanoseconds };
  }
  const range = { begin: instantOf(clock.toNanoseconds(begin)), end: instantOf(clock.toNanoseconds(end)) };
  return { kind, stream, count, range, ...range.begin };
}
