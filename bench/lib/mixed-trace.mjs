// Traces with many kinds of fields and interleaved data streams. The same parameters give the same trace.
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const UUID = '79c1f2b0-5d0a-4f6e-9d3e-0c8a6d1e4b57';
/** Sum of the packets' sizes over all data streams, as with LTTng's few large or many small packets. */
const PACKETS_BYTES = 1 << 21;
/** More than the size of any event. */
const EVENT_BYTES_MAX = 256;
const STATES = ['IDLE', 'RUNNING', 'BLOCKED', 'STOPPED'];
const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

/** @param align gives the alignment of a number by its bits */
function metadata(align) {
  const int = (bits, rest = '') => `integer { size = ${bits}; align = ${align(bits)}; ${rest}}`;
  const signed = 'signed = true; ';
  const labels = (names) => names.map((name, i) => `"${name}" = ${i}`).join(', ');
  return `/* CTF 1.8 */
typealias ${int(8)} := u8;
typealias ${int(16)} := u16;
typealias ${int(32)} := u32;
typealias ${int(64)} := u64;
typealias ${int(16, signed)} := i16;
typealias ${int(32, signed)} := i32;
typealias ${int(64, signed)} := i64;
typealias ${int(64, 'base = 16; ')} := x64;
typealias floating_point { exp_dig = 8; mant_dig = 24; align = ${align(32)}; } := f32;
typealias floating_point { exp_dig = 11; mant_dig = 53; align = ${align(64)}; } := f64;
trace {
  major = 1; minor = 8; byte_order = le; uuid = "${UUID}";
  packet.header := struct { u32 magic; integer { size = 8; } uuid[16]; u32 stream_id; u64 stream_instance_id; };
};
env { hostname = "bench"; };
clock { name = monotonic; freq = 1000000000; offset_s = 1700000000; };
typealias ${int(32, 'map = clock.monotonic.value; ')} := t32;
typealias ${int(64, 'map = clock.monotonic.value; ')} := t64;
stream {
  id = 0;
  packet.context := struct {
    t64 timestamp_begin; t64 timestamp_end; u64 content_size; u64 packet_size; u64 packet_seq_num; u64 events_discarded; u32 cpu_id;
  };
  event.header := struct { u16 id; t32 timestamp; };
  event.context := struct { i32 _vtid; };
};
event {
  id = 0; name = "mixed:request"; stream_id = 0;
  fields := struct { i32 _id; x64 _session; string _path; enum : u8 { ${labels(STATES)} } _state; };
};
event { id = 1; name = "mixed:sample"; stream_id = 0; fields := struct { f64 _value; f32 _ratio; i64 _delta; u8 _flags; }; };
event {
  id = 2; name = "mixed:batch"; stream_id = 0;
  fields := struct { u16 _queue; u16 __items_length; i32 _items[__items_length]; enum : i32 { ${labels(STATES)} } _state; };
};
event {
  id = 3; name = "mixed:step"; stream_id = 0;
  fields := struct { u32 _id; struct { i16 x; i16 y; struct { f32 z; u8 layer; } deep; } _point; };
};
event { id = 4; name = "mixed:log"; stream_id = 0; fields := struct { string _text; enum : u8 { ${labels(LEVELS)} } _level; }; };
`;
}

/** Writes the packets of one data stream. Fields are appended to the current packet. */
class StreamWriter {
  #fd;
  #id;
  #align;
  #bytes;
  #view;
  #at = 0;
  #begin = -1n;
  #last = 0n;
  #number = 0n;

  constructor(file, id, packetBytes, align) {
    this.#fd = openSync(file, 'wx');
    this.#id = id;
    this.#align = align;
    this.#bytes = new Uint8Array(packetBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Starts an event. */
  event(id, time) {
    if (this.#begin === -1n || this.#at + EVENT_BYTES_MAX > this.#bytes.length) this.#startPacket(time);
    this.#last = time;
    // A structure has the largest alignment of its members.
    this.#to(32);
    this.int(16, id);
    this.int(32, Number(time & 0xffff_ffffn));
    this.int(32, 1000 + this.#id);
  }

  /** Aligns to a structure whose largest number has this many bits. */
  struct(bits) {
    this.#to(bits);
  }

  int(bits, value) {
    this.#to(bits);
    if (bits === 8) this.#view.setUint8(this.#at, value);
    else if (bits === 16) this.#view.setUint16(this.#at, value, true);
    else if (bits === 32) this.#view.setUint32(this.#at, value, true);
    else this.#view.setBigUint64(this.#at, BigInt.asUintN(64, value), true);
    this.#at += bits / 8;
  }

  float(bits, value) {
    this.#to(bits);
    if (bits === 32) this.#view.setFloat32(this.#at, value, true);
    else this.#view.setFloat64(this.#at, value, true);
    this.#at += bits / 8;
  }

  text(text) {
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
    this.#bytes[this.#at++] = 0;
  }

  end() {
    if (this.#begin !== -1n) this.#endPacket();
    closeSync(this.#fd);
  }

  #to(bits) {
    const bytes = this.#align(bits) / 8;
    this.#at = Math.ceil(this.#at / bytes) * bytes;
  }

  #startPacket(time) {
    if (this.#begin !== -1n) this.#endPacket();
    this.#begin = time;
    this.#at = 0;
    this.#writeHeader(0);
  }

  #endPacket() {
    const contentBits = 8 * this.#at;
    this.#bytes.fill(0, this.#at);
    this.#at = 0;
    this.#writeHeader(contentBits);
    writeSync(this.#fd, this.#bytes);
    this.#number++;
  }

  #writeHeader(contentBits) {
    this.#to(64);
    this.int(32, 0xc1fc1fc1);
    for (const byte of Buffer.from(UUID.replaceAll('-', ''), 'hex')) this.#bytes[this.#at++] = byte;
    this.int(32, 0);
    this.int(64, BigInt(this.#id));
    this.#to(64);
    const packetBits = 8 * this.#bytes.length;
    for (const value of [this.#begin, this.#last, contentBits, packetBits, this.#number, 0])
      this.int(64, BigInt(value));
    this.int(32, this.#id);
  }
}

/** xorshift32: the same numbers for the same seed. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/**
 * Makes a trace.
 *
 * @param layout `natural`: numbers are aligned to their size; `packed`: to bytes
 * @returns its directory
 */
export function makeMixedTrace(folder, { events, streams, layout, seed = 2_463_534_242 }) {
  const directory = join(folder, `mixed-${streams}-${layout}-${events}-${seed}`);
  if (existsSync(directory)) return directory;
  mkdirSync(directory, { recursive: true });
  const align = layout === 'natural' ? (bits) => bits : () => 8;
  writeFileSync(join(directory, 'metadata'), metadata(align));
  const random = randomFrom(seed);
  const writers = Array.from(
    { length: streams },
    (_, id) => new StreamWriter(join(directory, `stream_${id}`), id, PACKETS_BYTES / streams, align),
  );
  const paths = Array.from({ length: 32 }, (_, i) => `/api/v1/orders/${100_000 + 977 * i}/items/${i}`);
  let time = 1_000_000_000n;
  for (let i = 0; i < events; i++) {
    const r = random();
    time += BigInt(1 + (r % 400));
    const writer = writers[(r >>> 10) % streams];
    writeEvent(writer, time, i, r, random, paths);
  }
  for (const writer of writers) writer.end();
  return directory;
}

function writeEvent(writer, time, i, r, random, paths) {
  const id = i % 5;
  writer.event(id, time);
  switch (id) {
    case 0:
      writer.struct(64);
      writer.int(32, i);
      writer.int(64, (BigInt(r) << 32n) | BigInt(random()));
      writer.text(paths[r % paths.length]);
      writer.int(8, r % 5);
      break;
    case 1:
      writer.struct(64);
      writer.float(64, (random() - 2 ** 31) / 1e6);
      writer.float(32, (r % 1000) / 1000);
      writer.int(64, BigInt(r - 2 ** 31) * 1000n);
      writer.int(8, r & 255);
      break;
    case 2: {
      const count = r % 9;
      writer.struct(32);
      writer.int(16, r & 0xffff);
      writer.int(16, count);
      for (let k = 0; k < count; k++) writer.int(32, ((r >>> k) % 100_000) - 50_000);
      writer.int(32, (r >>> 4) % 4);
      break;
    }
    case 3:
      writer.struct(32);
      writer.int(32, r);
      writer.struct(32);
      writer.int(16, r & 0xffff);
      writer.int(16, r >>> 16);
      writer.struct(32);
      writer.float(32, (random() % 100_000) / 100);
      writer.int(8, r & 7);
      break;
    default:
      writer.text(`request ${i} of client ${r % 1000} took ${random() % 5000} us`);
      writer.int(8, r % 4);
  }
}
