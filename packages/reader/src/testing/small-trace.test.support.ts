/** A trace whose events have one number each, small enough to be written by hand. */
export const UUID = '2a6422d0-6cee-11e0-8c08-cb07d7b3a564';

export const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 32; } := u32;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace { major = 1; minor = 8; byte_order = le; uuid = "${UUID}"; packet.header := struct { u8 stream_instance_id; }; };
env { hostname = "host"; procname = "app"; vpid = 42; };
clock { name = c; };
stream {
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; u32 packet_size; u32 events_discarded; u8 cpu; };
  event.header := struct { t64 timestamp; };
};
event { name = "e"; fields := struct { u8 _n; }; };
`;

export interface SmallEvent {
  readonly time: number;
  readonly n: number;
}

export function packet(stream: number, events: readonly SmallEvent[], discarded = 0): Buffer {
  const bytes = Buffer.alloc(26 + 9 * events.length);
  const times = events.map((event) => event.time);
  bytes.writeUInt8(stream, 0);
  bytes.writeBigUInt64LE(BigInt(Math.min(...times)), 1);
  bytes.writeBigUInt64LE(BigInt(Math.max(...times)), 9);
  bytes.writeUInt32LE(bytes.length * 8, 17);
  bytes.writeUInt32LE(discarded, 21);
  bytes.writeUInt8(stream, 25);
  for (const [i, { time, n }] of events.entries()) {
    bytes.writeBigUInt64LE(BigInt(time), 26 + 9 * i);
    bytes.writeUInt8(n, 34 + 9 * i);
  }
  return bytes;
}
