import { assert, type ClockCycles, UUID_BYTES } from '@ringtail/base';
import type { IntegerFieldClass, StructureFieldClass, StructureMember } from '../model/field-class.ts';
import { integerClass, member, staticArrayClass, structureClass } from '../model/field-class-builders.ts';
import { uuidBytes, uuidText } from '../model/uuid.ts';

/**
 * What stands before the records of a packet: LTTng's packet header and packet context, byte-packed, little-endian.
 *
 *   0    u32 magic, u8 uuid[16], u32 stream_id, u64 stream_instance_id
 *   32   u64 timestamp_begin, timestamp_end, content_size, packet_size, packet_seq_num, events_discarded
 *   80   s32 vpid, s32 vtid, string procname       of a thread
 *   80   u32 cpu_id                                of a CPU
 *
 * Sizes are in bits and include all of this. Packets carry no padding, so both sizes are the same.
 */
interface PacketStartDescription {
  /** Of the trace; 8-4-4-4-12 hexadecimal text. */
  readonly traceUuid: string;
  readonly streamClassId: number;
  readonly streamInstanceId: bigint;
  readonly timestampBegin: ClockCycles;
  readonly timestampEnd: ClockCycles;
  /** Size of the event records that follow. */
  readonly recordBytes: number;
  readonly packetSequenceNumber: bigint;
  /** Event records discarded in this data stream so far. */
  readonly eventsDiscarded: bigint;
}

/** Start of a packet with the events of one thread. */
export interface PacketDescription extends PacketStartDescription {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** Start of a packet with the events of one CPU. */
export interface CpuPacketDescription extends PacketStartDescription {
  readonly cpu: number;
}

/** A packet header read back. */
export interface PacketHeader extends PacketDescription {
  /** Size of header and context: the offset of the first event record. */
  readonly headerBytes: number;
  /** `headerBytes + recordBytes`: the offset of the next packet. */
  readonly packetBytes: number;
}

export const PACKET_MAGIC = 0xc1fc1fc1;
/** Longer names are cut, at a character. A ring's header has room for this number of bytes. */
const PACKET_PROCNAME_BYTES_MAX = 64;
/** Size of the start of a packet, up to the context fields about its thread. */
export const PACKET_START_BYTES = 80;
const PROCNAME_OFFSET = 88;
const CPU_PACKET_HEADER_BYTES = PACKET_START_BYTES + 4;
/** Largest packet header that Ringtail writes. */
export const PACKET_HEADER_BYTES_MAX = PROCNAME_OFFSET + PACKET_PROCNAME_BYTES_MAX + 1;

export function packetHeaderClass(): StructureFieldClass {
  return structureClass([
    member('magic', integerClass(32, { base: 16, roles: ['packet-magic-number'] })),
    member('uuid', staticArrayClass(integerClass(8), UUID_BYTES)),
    member('stream_id', integerClass(32, { roles: ['data-stream-class-id'] })),
    member('stream_instance_id', integerClass(64, { roles: ['data-stream-id'] })),
  ]);
}

/** Context of packets of a thread. `clock` names the clock class of the timestamps. */
export function packetContextClass(clock: string): StructureFieldClass {
  return structureClass([
    ...startMembers(clock),
    member('vpid', integerClass(32, { signed: true })),
    member('vtid', integerClass(32, { signed: true })),
    member('procname', { kind: 'string', encoding: 'utf8' }),
  ]);
}

/** Context of packets of a CPU, as LTTng's kernel tracer has it. `clock` names the clock class of the timestamps. */
export function cpuPacketContextClass(clock: string): StructureFieldClass {
  return structureClass([...startMembers(clock), member('cpu_id', integerClass(32))]);
}

function startMembers(clock: string): StructureMember[] {
  const u64 = (role: NonNullable<IntegerFieldClass['roles']>[number]) => integerClass(64, { roles: [role] });
  return [
    member('timestamp_begin', { ...u64('default-clock-timestamp'), clock }),
    member('timestamp_end', { ...u64('packet-end-default-clock-timestamp'), clock }),
    member('content_size', u64('packet-content-length')),
    member('packet_size', u64('packet-total-length')),
    member('packet_seq_num', u64('packet-sequence-number')),
    member('events_discarded', u64('discarded-event-record-counter-snapshot')),
  ];
}

/** The bytes before the records of a packet of a thread. */
export function encodePacketHeader(packet: PacketDescription): Uint8Array {
  const procname = procnameBytes(packet.procname);
  const bytes = new Uint8Array(PROCNAME_OFFSET + procname.length + 1);
  const view = encodeStart(bytes, packet);
  view.setInt32(80, packet.pid, true);
  view.setInt32(84, packet.tid, true);
  bytes.set(procname, PROCNAME_OFFSET);
  return bytes;
}

/** The bytes before the records of a packet of a CPU: whole words, since such records are aligned to words. */
export function encodeCpuPacketHeader(packet: CpuPacketDescription): Uint8Array {
  const bytes = new Uint8Array(CPU_PACKET_HEADER_BYTES);
  encodeStart(bytes, packet).setUint32(PACKET_START_BYTES, packet.cpu, true);
  return bytes;
}

/** @param bytes the header, of its whole size. Returns a view of it */
function encodeStart(bytes: Uint8Array, packet: PacketStartDescription): DataView {
  assert(packet.timestampBegin <= packet.timestampEnd, 'a packet does not end before it begins');
  const view = new DataView(bytes.buffer);
  const packetBits = 8n * BigInt(bytes.length + packet.recordBytes);
  view.setUint32(0, PACKET_MAGIC, true);
  bytes.set(uuidBytes(packet.traceUuid), 4);
  view.setUint32(20, packet.streamClassId, true);
  view.setBigUint64(24, packet.streamInstanceId, true);
  view.setBigUint64(32, packet.timestampBegin, true);
  view.setBigUint64(40, packet.timestampEnd, true);
  view.setBigUint64(48, packetBits, true);
  view.setBigUint64(56, packetBits, true);
  view.setBigUint64(64, packet.packetSequenceNumber, true);
  view.setBigUint64(72, packet.eventsDiscarded, true);
  return view;
}

/** Start of a packet, up to the context fields about its thread. Packets of LTTng-UST have the same start. */
export type PacketStart = Omit<PacketHeader, 'recordBytes' | 'headerBytes' | 'pid' | 'tid' | 'procname'>;

/**
 * Reads the start of a packet. The caller checks that `bytes` continue up to the end of the packet, and that the packet
 * belongs to its trace.
 *
 * @returns null if there is no whole, consistent start of a packet
 */
export function readPacketStart(bytes: Uint8Array): PacketStart | null {
  if (bytes.length < PACKET_START_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PACKET_START_BYTES);
  if (view.getUint32(0, true) !== PACKET_MAGIC) return null;
  const contentBits = view.getBigUint64(48, true);
  const packetBits = view.getBigUint64(56, true);
  const packetBytes = Number(packetBits / 8n);
  const timestampBegin = view.getBigUint64(32, true) as ClockCycles;
  const timestampEnd = view.getBigUint64(40, true) as ClockCycles;
  if (contentBits !== packetBits || packetBits % 8n !== 0n) return null;
  if (packetBytes < PACKET_START_BYTES || !Number.isSafeInteger(packetBytes)) return null;
  if (timestampBegin > timestampEnd) return null;
  return {
    traceUuid: uuidText(bytes.subarray(4, 4 + UUID_BYTES)),
    streamClassId: view.getUint32(20, true),
    streamInstanceId: view.getBigUint64(24, true),
    timestampBegin,
    timestampEnd,
    packetSequenceNumber: view.getBigUint64(64, true),
    eventsDiscarded: view.getBigUint64(72, true),
    packetBytes,
  };
}

/**
 * Reads a header of {@link encodePacketHeader} from the start of `bytes`.
 *
 * Only tests read whole headers. The caller checks whether `bytes` contains the whole packet, and whether the packet
 * belongs to its trace. At most PACKET_HEADER_BYTES_MAX bytes are read.
 *
 * @returns null where no whole, consistent header of ours stands
 */
export function readPacketHeader(bytes: Uint8Array): PacketHeader | null {
  const end = bytes.subarray(0, PACKET_HEADER_BYTES_MAX).indexOf(0, PROCNAME_OFFSET);
  const start = end < 0 ? null : readPacketStart(bytes);
  if (start === null) return null;
  const headerBytes = end + 1;
  const procname = decodeUtf8(bytes.subarray(PROCNAME_OFFSET, end));
  if (start.packetBytes < headerBytes || procname === null) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  return {
    ...start,
    recordBytes: start.packetBytes - headerBytes,
    pid: view.getInt32(80, true),
    tid: view.getInt32(84, true),
    procname,
    headerBytes,
  };
}

/** UTF-8 up to the first U+0000, cut between characters. */
function procnameBytes(procname: string): Uint8Array {
  const text = procname.split('\0', 1)[0] as string;
  const bytes = new Uint8Array(PACKET_PROCNAME_BYTES_MAX);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return bytes.subarray(0, written);
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
