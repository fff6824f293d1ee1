import fs from 'node:fs';
import path from 'node:path';
import type { SeededRandom } from '../schemas/seeded-random.ts';

/** Faults in the begins and ends of packets, with the tracers that have them. */
export type BoundsFault = keyof typeof TRACERS;

const TRACERS = {
  'times that hold': { name: 'other', major: 1, minor: 0 },
  'events behind the end': { name: 'lttng-ust', major: 2, minor: 9 },
  'no end, since they were never closed': { name: 'lttng-ust', major: 2, minor: 13 },
  'events before the begin': { name: 'barectf', major: 2, minor: 2 },
} as const;

export const boundsFaults = Object.keys(TRACERS) as readonly BoundsFault[];

interface PacketContent {
  begin: number;
  end: number;
  readonly times: readonly number[];
}

const PACKETS_MAX = 12;
const EVENTS_MAX = 6;
const HEADER_BYTES = 8 + 8 * 4;
const RECORD_BYTES = 8 + 4;

/** Writes a trace of two data streams into a new directory. */
export function writeTraceWithBounds(directory: string, fault: BoundsFault, random: SeededRandom): void {
  const below = (limit: number) => random.between(0, limit - 1);
  fs.mkdirSync(directory);
  fs.writeFileSync(path.join(directory, 'metadata'), metadata(fault));
  // Babeltrace 2.0 aborts in the search for the first event of an empty packet.
  const eventsMin = fault === 'events before the begin' ? 1 : 0;
  let value = 0;
  for (const stream of ['a', 'b']) {
    const packets: PacketContent[] = [];
    let now = 1000 + below(50);
    for (let count = 1 + below(PACKETS_MAX); count > 0; count--) {
      const begin = now;
      const times = Array.from({ length: eventsMin + below(EVENTS_MAX) }, () => (now += below(40)));
      now += below(20);
      packets.push({ begin, end: now, times });
      // The next packet begins where this one ends, or later.
      now += below(2) * below(30);
    }
    disturb(packets, fault, below);
    const bytes = packets.map((packet) => encode(packet, () => value++));
    fs.writeFileSync(path.join(directory, stream), Buffer.concat(bytes));
  }
}

function disturb(packets: readonly PacketContent[], fault: BoundsFault, below: (limit: number) => number): void {
  for (const [i, packet] of packets.entries()) {
    const first = packet.times[0] ?? packet.begin;
    const last = packet.times.at(-1) ?? packet.end;
    if (fault === 'events behind the end') packet.end = Math.max(packet.begin, last - below(30));
    // A packet other than the first: Babeltrace keeps its begin.
    else if (fault === 'events before the begin' && i > 0) packet.begin = Math.min(packet.end, first + below(30));
    else if (fault === 'no end, since they were never closed' && i === packets.length - 1) packet.end = 0;
  }
}

function metadata(fault: BoundsFault): string {
  const { name, major, minor } = TRACERS[fault];
  return `/* CTF 1.8 */
typealias integer { size = 32; align = 8; } := u32;
typealias integer { size = 64; align = 8; } := u64;
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; u32 stream_id; }; };
env { tracer_name = "${name}"; tracer_major = ${major}; tracer_minor = ${minor}; tracer_patch = 0; };
clock { name = c; freq = 1000000000; };
typealias integer { size = 64; align = 8; map = clock.c.value; } := t64;
stream {
  id = 0;
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; u64 content_size; u64 packet_size; };
  event.header := struct { t64 timestamp; };
};
event { name = e; stream_id = 0; fields := struct { u32 v; }; };
`;
}

function encode({ begin, end, times }: PacketContent, nextValue: () => number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + RECORD_BYTES * times.length);
  bytes.writeUInt32LE(0xc1fc1fc1, 0);
  const words = [begin, end, bytes.length * 8, bytes.length * 8];
  for (const [i, word] of words.entries()) bytes.writeBigUInt64LE(BigInt(word), 8 + 8 * i);
  for (const [i, time] of times.entries()) {
    bytes.writeBigUInt64LE(BigInt(time), HEADER_BYTES + RECORD_BYTES * i);
    bytes.writeUInt32LE(nextValue(), HEADER_BYTES + RECORD_BYTES * i + 8);
  }
  return bytes;
}
