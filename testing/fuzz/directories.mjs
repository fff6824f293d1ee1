// Makes directories of traces with errors in packets, indexes and the directory that damaged bytes seldom cause.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 16; } := u16;
typealias integer { size = 32; } := u32;
typealias integer { size = 64; } := u64;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace {
  major = 1; minor = 8; byte_order = le; uuid = "2a6422d0-6cee-11e0-8c08-cb07d7b3a564";
  packet.header := struct { u32 magic; u8 uuid[16]; u8 stream_id; u64 stream_instance_id; };
};
env { hostname = "host"; };
clock { name = c; freq = 1000000000; };
stream {
  id = 0;
  packet.context := struct {
    t64 timestamp_begin; t64 timestamp_end; u64 content_size; u64 packet_size; u32 packet_seq_num; u16 events_discarded; u8 cpu;
  };
  event.header := struct { u16 id; t64 timestamp; };
};
stream {
  id = 1;
  packet.context := struct { u64 content_size; u64 packet_size; u64 other; u8 n; };
};
event { name = a; id = 0; stream_id = 0; fields := struct { u32 x; string s; }; };
event { name = b; id = 1; stream_id = 0; fields := struct { u8 n; u8 list[n]; enum : u8 { A, B = 1 ... 200 } e; variant <e> { u8 A; string B; } v; }; };
event { name = c; stream_id = 1; fields := struct { u16 y; }; };
`;
const UUID = Buffer.from('2a6422d06cee11e08c08cb07d7b3a564', 'hex');
const HEAD_BYTES = 29;
const CONTEXT_BYTES = [39, 25];
const INDEX_MAGIC = 0xc1f1dcc1;

/** Values that break sizes and counters, in addition to values near the right one. */
const ODD_VALUES = [
  0n,
  1n,
  7n,
  8n,
  2n ** 31n,
  2n ** 32n,
  2n ** 43n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n - 8n,
];

/** Writes a directory with a trace of some data streams and one to four errors. @returns its name, for messages */
export function writeDamagedDirectory(random, directory) {
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(path.join(directory, 'a', 'index'), { recursive: true });
  const trace = path.join(directory, 'a');
  const streams = Array.from({ length: 1 + random.below(4) }, (_, id) => soundStream(random, id));
  const done = [];
  for (let i = 1 + random.below(4); i > 0; i--) {
    const stream = random.pick(streams);
    const damage = random.pick(DAMAGES);
    damage({ random, stream, packet: random.pick(stream.packets), directory, trace });
    done.push(damage.name);
  }
  fs.writeFileSync(path.join(trace, 'metadata'), streams.metadata ?? METADATA);
  for (const [i, stream] of streams.entries()) {
    const bytes = Buffer.concat([...stream.packets.map(packetBytes), stream.tail]);
    const file = path.join(trace, `s_${i}`);
    fs.writeFileSync(file, bytes.subarray(0, bytes.length - stream.cutBytes));
    if (stream.holeBytes > 0) fs.truncateSync(file, stream.holeBytes);
    if (stream.index !== undefined)
      fs.writeFileSync(path.join(trace, 'index', `s_${i}.idx`), stream.index(stream.packets));
  }
  return done.join(', ');
}

function soundStream(random, id) {
  let time = 1_000 + random.below(1_000);
  const packets = Array.from({ length: 1 + random.below(6) }, (_, i) => {
    const begin = time;
    const records = Array.from({ length: random.below(6) }, () => {
      time += random.below(50);
      return record(random, time);
    });
    return {
      magic: 0xc1fc1fc1,
      uuid: UUID,
      class: 0,
      id,
      begin,
      end: time,
      sequence: i,
      discarded: 0,
      records,
      contentBits: 0n,
      totalBits: 0n,
    };
  });
  for (const packet of packets) fillSizes(packet, random.below(3) * 8);
  return {
    packets,
    tail: Buffer.alloc(0),
    cutBytes: 0,
    holeBytes: 0,
    index: random.below(2) === 0 ? indexBytes : undefined,
  };
}

function record(random, time) {
  const kind = random.below(2);
  const head = Buffer.alloc(10);
  head.writeUInt16LE(kind);
  head.writeBigUInt64LE(BigInt(time), 2);
  const length = random.below(4);
  const payload =
    kind === 0
      ? [1, 0, 0, 0, 104, 105, 0]
      : [length, ...new Array(length).fill(9), random.below(2), 65, 0].slice(0, 5 + length);
  return Buffer.concat([head, Buffer.from(payload)]);
}

function fillSizes(packet, paddingBytes) {
  const bytes =
    HEAD_BYTES +
    CONTEXT_BYTES[packet.class === 1 ? 1 : 0] +
    packet.records.reduce((sum, { length }) => sum + length, 0);
  packet.contentBits = BigInt(bytes * 8);
  packet.totalBits = BigInt((bytes + paddingBytes) * 8);
  packet.paddingBytes = paddingBytes;
}

function packetBytes({ paddingBytes, records, ...packet }) {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(packet.magic);
  packet.uuid.copy(head, 4);
  head.writeUInt8(packet.class, 20);
  head.writeBigUInt64LE(BigInt(packet.id), 21);
  const context = Buffer.alloc(CONTEXT_BYTES[packet.class === 1 ? 1 : 0]);
  const put = (value, at) => context.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
  if (packet.class === 1) {
    put(packet.contentBits, 0);
    put(packet.totalBits, 8);
    put(packet.begin, 16);
  } else {
    put(packet.begin, 0);
    put(packet.end, 8);
    put(packet.contentBits, 16);
    put(packet.totalBits, 24);
    context.writeUInt32LE(packet.sequence, 32);
    context.writeUInt16LE(packet.discarded & 0xffff, 36);
  }
  return Buffer.concat([head, context, ...records, Buffer.alloc(paddingBytes, 0xee)]);
}

/** LTTng's index. */
function indexBytes(packets) {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(INDEX_MAGIC);
  head.writeUInt32BE(1, 4);
  head.writeUInt32BE(1, 8);
  head.writeUInt32BE(72, 12);
  let offset = 0n;
  const entries = packets.map((packet) => {
    const entry = Buffer.alloc(72);
    const { totalBits, contentBits, begin, end, discarded, id, sequence } = packet;
    const words = [offset, totalBits, contentBits, begin, end, discarded, packet.class, id, sequence];
    for (const [i, word] of words.entries()) entry.writeBigUInt64BE(BigInt.asUintN(64, BigInt(word)), i * 8);
    offset += BigInt.asUintN(64, totalBits) / 8n;
    return entry;
  });
  return Buffer.concat([head, ...entries]);
}

function oddValue(random, right) {
  const value = random.pick([
    ...ODD_VALUES,
    BigInt(right) - 8n,
    BigInt(right) + 8n,
    BigInt(right) + 1n,
    BigInt(right) * 2n,
  ]);
  return BigInt.asUintN(64, value);
}

const DAMAGES = [
  function wrongMagic({ packet }) {
    packet.magic = 0x12345678;
  },
  function wrongUuid({ packet }) {
    packet.uuid = Buffer.alloc(16, 7);
  },
  function unknownClass({ packet }) {
    packet.class = 7;
  },
  function otherClass({ random, packet }) {
    packet.class = 1;
    packet.records = [Buffer.alloc(2 * random.below(3), 1)];
    fillSizes(packet, 0);
  },
  function otherStream({ random, packet }) {
    packet.id = random.pick([0, 1, 2 ** 40]);
  },
  function contentSize({ random, packet }) {
    packet.contentBits = oddValue(random, packet.contentBits);
  },
  function packetSize({ random, packet }) {
    packet.totalBits = oddValue(random, packet.totalBits);
  },
  function bothSizes({ random, packet }) {
    packet.contentBits = packet.totalBits = oddValue(random, packet.totalBits);
  },
  function backwardsPackets({ stream }) {
    stream.packets.reverse();
  },
  function packetTwice({ stream, packet }) {
    stream.packets.push(packet);
  },
  function packetTimes({ random, packet }) {
    packet[random.pick(['begin', 'end'])] = oddValue(random, packet.begin);
  },
  function counters({ random, packet }) {
    packet.sequence = random.pick([0, 1, 99, 2 ** 32 - 1]);
    packet.discarded = random.pick([0, 5, 2 ** 16 - 1]);
  },
  function unknownEvent({ packet }) {
    whole(packet.records)[0]?.writeUInt16LE(999);
  },
  function backwardsEvent({ random, packet }) {
    whole(packet.records)
      .at(-1)
      ?.writeBigUInt64LE(random.pick([0n, 5n, 2n ** 64n - 1n]), 2);
  },
  function eventLength({ packet }) {
    for (const bytes of whole(packet.records)) if (bytes.readUInt16LE() === 1) bytes.writeUInt8(255, 10);
  },
  function noOption({ packet }) {
    for (const bytes of whole(packet.records)) if (bytes.readUInt16LE() === 1) bytes.writeUInt8(250, bytes.length - 3);
  },
  function cutFile({ random, stream }) {
    stream.cutBytes = random.below(80);
  },
  function rubbishBehind({ random, stream }) {
    stream.tail = Buffer.alloc(1 + random.below(300), random.below(2) * 0xc1);
  },
  function holeBehind({ random, stream }) {
    stream.holeBytes = random.pick([2 ** 20, 2 ** 31, 2 ** 40]);
  },
  function damagedIndex({ random, stream }) {
    stream.index = (packets) => {
      const bytes = indexBytes(packets);
      for (let i = random.below(4); i >= 0; i--) bytes.writeUInt8(random.below(256), random.below(bytes.length));
      return bytes.subarray(0, random.pick([bytes.length, bytes.length, random.below(bytes.length), 16]));
    };
  },
  function indexOfOther({ stream }) {
    stream.index = (packets) =>
      indexBytes(packets.map((packet) => ({ ...packet, begin: packet.begin, end: packet.end })).reverse());
  },
  function indexIsDirectory({ trace }) {
    fs.mkdirSync(path.join(trace, 'index', 's_9.idx'), { recursive: true });
  },
  function linkToSelf({ random, directory, trace }) {
    const at = path.join(random.pick([directory, trace]), 'self');
    if (!fs.lstatSync(at, { throwIfNoEntry: false })) fs.symlinkSync('self', at);
  },
  function linkUp({ trace }) {
    const at = path.join(trace, '..', 'up');
    if (!fs.lstatSync(at, { throwIfNoEntry: false })) fs.symlinkSync('..', at);
  },
  function linkOut({ trace }) {
    const at = path.join(trace, 'out');
    if (!fs.lstatSync(at, { throwIfNoEntry: false })) fs.symlinkSync(process.execPath, at);
  },
  function fifo({ random, directory, trace }) {
    const at = path.join(random.pick([directory, trace]), 'fifo');
    if (!fs.existsSync(at)) execFileSync('mkfifo', [at]);
  },
  function nameNoText({ trace }) {
    fs.writeFileSync(Buffer.concat([Buffer.from(`${trace}/`), Buffer.of(0x73, 0xff, 0xe9)]), 'no packet');
  },
  function secondTrace({ random, directory }) {
    fs.mkdirSync(path.join(directory, 'b'), { recursive: true });
    fs.writeFileSync(
      path.join(directory, 'b', 'metadata'),
      random.pick(['', 'trace {', '\u001e{}', METADATA, METADATA.slice(0, 900)]),
    );
  },
];

/** Records with a whole header and a first field: `otherClass` puts shorter ones in their place. */
function whole(records) {
  return records.filter((bytes) => bytes.length >= 11);
}
