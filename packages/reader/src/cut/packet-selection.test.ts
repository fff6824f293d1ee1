import type { PacketSummary } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { selectPackets } from './packet-selection.ts';

/** Packets that begin at these times and end where the next one begins. */
function packetsAt(begins: readonly number[]): PacketSummary[] {
  return begins.map((begin, i) => ({
    sourceIdx: 0,
    offsetBytes: i,
    totalBytes: 1,
    contentBits: 8,
    beginNs: BigInt(begin),
    endNs: BigInt(begins[i + 1] ?? begin + 10),
    beginCycles: BigInt(begin),
    endCycles: BigInt(begins[i + 1] ?? begin + 10),
    sequenceNumber: undefined,
    discardedEvents: undefined,
  }));
}

describe('the packets of a time range', () => {
  const packets = packetsAt(Array.from({ length: 1000 }, (_, i) => 10 * i));

  it('are found by the first events of a few of them', () => {
    let looked = 0;
    const firstEventNs = ({ beginNs }: PacketSummary) => {
      looked++;
      return beginNs! + 3n;
    };
    // The packet before may have an event at the begin of the range, and the packet behind may report losses.
    const selection = selectPackets(packets, { begin: 5_003n, end: 5_029n }, firstEventNs);
    expect(selection).toEqual({ from: 499, wholeFrom: 500, wholeTo: 502, to: 503 });
    expect(looked).toBeLessThan(25);
  });

  it('are found behind and before packets without events', () => {
    const firstEventNs = ({ beginNs }: PacketSummary) => (beginNs! % 100n === 0n ? beginNs : undefined);
    const selection = selectPackets(packets, { begin: 5_000n, end: 5_050n }, firstEventNs);
    expect(selection).toMatchObject({ from: 490, wholeFrom: 491, to: 506 });
  });

  it('are all wanted where an event lies outside of its packet', () => {
    const firstEventNs = ({ beginNs }: PacketSummary) => (beginNs === 5_000n ? 4_990n : beginNs!);
    expect(selectPackets(packets, { begin: 5_003n }, firstEventNs)).toBeUndefined();
  });
});
