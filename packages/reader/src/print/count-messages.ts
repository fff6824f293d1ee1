import type { BoundaryMessage, Message } from '@ringtail/ctf';

export interface MessageCounts {
  readonly events: number;
  readonly streamBegins: number;
  readonly streamEnds: number;
  readonly packetBegins: number;
  readonly packetEnds: number;
  readonly discardedEvents: number;
  readonly discardedPackets: number;
}

/**
 * Counts messages as Babeltrace's `sink.utils.counter` does: a report of several discarded events is one message.
 *
 * @param streamCount number of data streams: each begins and ends
 */
export function countMessages(messages: Iterable<Message | BoundaryMessage>, streamCount: number): MessageCounts {
  const counts = { event: 0, 'packet-begin': 0, 'packet-end': 0, 'discarded-events': 0, 'discarded-packets': 0 };
  for (const { kind } of messages) counts[kind]++;
  return {
    events: counts.event,
    streamBegins: streamCount,
    streamEnds: streamCount,
    packetBegins: counts['packet-begin'],
    packetEnds: counts['packet-end'],
    discardedEvents: counts['discarded-events'],
    discardedPackets: counts['discarded-packets'],
  };
}

/** The counts as text, a line each and their sum. */
export function countsText(counts: MessageCounts): string {
  const lines: readonly (readonly [number, string])[] = [
    [counts.events, 'Event'],
    [counts.streamBegins, 'Stream beginning'],
    [counts.streamEnds, 'Stream end'],
    [counts.packetBegins, 'Packet beginning'],
    [counts.packetEnds, 'Packet end'],
    [counts.discardedEvents, 'Discarded event'],
    [counts.discardedPackets, 'Discarded packet'],
    [0, 'Message iterator inactivity'],
  ];
  const total = lines.reduce((sum, [count]) => sum + count, 0);
  const line = (count: number, what: string) => `${String(count).padStart(15)} ${what}\n`;
  return lines.map(([count, what]) => line(count, `${what} messages`)).join('') + line(total, 'messages (TOTAL)');
}
