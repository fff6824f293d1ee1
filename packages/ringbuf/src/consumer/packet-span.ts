/** Clock values of the begin and the end of a packet, whole cycles. */
export interface PacketSpan {
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
}

/**
 * Span of the next packet of a data stream. It begins no earlier than the packet before ends, and lasts a cycle or
 * longer.
 *
 * Each packet begins at the end of the packet before, so no two packets of a data stream begin at the same time.
 * Readers depend on it: Babeltrace 2 sorts the packets of several files (trace chunks, snapshots) by their begin alone,
 * and reverses packets of equal begin. A clock that goes back spoils the order of an event, not the trace.
 *
 * @param previousEnd clock value at the end of the packet before; 0 before the first
 * @param endMax clock value of the next record, if it is known. With a coarse clock that record may have the same time;
 *   the packet then lasts no cycle, since no record may lie before its packet
 */
export function packetSpan(
  previousEnd: number,
  begin: number,
  end: number,
  endMax = Number.POSITIVE_INFINITY,
): PacketSpan {
  const beginTimestamp = Math.max(previousEnd, Math.floor(begin));
  const endMin = Math.min(beginTimestamp + 1, Math.floor(endMax));
  return { beginTimestamp, endTimestamp: Math.max(beginTimestamp, endMin, Math.floor(end)) };
}
