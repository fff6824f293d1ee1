import type { TraceClass } from '../model/trace-class.ts';
import { uuidText } from '../model/uuid.ts';
import type { Cursor } from './cursor.ts';

const MAGIC = 0xc1fc1fc1;

/**
 * Refuses the header that the cursor has just read where it is none of a packet of the trace.
 *
 * @param metadataUuids of the trace's metadata; without any, packets of all are taken
 * @throws {TraceFormatError} `BAD_MAGIC`, `BAD_UUID`
 */
export function checkPacketHeader(cursor: Cursor, metadataUuids: ReadonlySet<string>): void {
  const { magic, metadataUuid } = cursor.roles;
  if (magic !== undefined && magic !== MAGIC) {
    const text = `the packet begins with ${hex(magic)} instead of ${hex(MAGIC)}`;
    throw cursor.error('BAD_MAGIC', text, 'packet-header');
  }
  if (metadataUuid !== undefined && metadataUuids.size > 0 && !metadataUuids.has(uuidText(metadataUuid))) {
    const text = `the packet belongs to metadata of the UUID ${uuidText(metadataUuid)}`;
    throw cursor.error('BAD_UUID', text, 'packet-header');
  }
}

/**
 * The packet's sizes, from the context that the cursor has just read; undefined if it has none. If a packet has only
 * one of the sizes, both are equal, except for the bits that fill its last byte.
 *
 * @throws {TraceFormatError} `BAD_PACKET_SIZE`
 */
export function packetSizes(cursor: Cursor): { readonly totalBytes: number; readonly contentBits: number } | undefined {
  const { roles } = cursor;
  const total = roles.totalBits ?? (roles.contentBits === undefined ? undefined : inWholeBytes(roles.contentBits));
  const content = roles.contentBits ?? roles.totalBits;
  if (total === undefined || content === undefined) return undefined;
  const bad = (message: string) => cursor.error('BAD_PACKET_SIZE', message, 'packet-context');
  if (typeof total === 'bigint') throw bad(`a packet size of ${total} bits is impossible`);
  if (content > total) throw bad(`the content (${content} bits) is larger than the packet (${total} bits)`);
  if (total % 8 !== 0) throw bad(`the packet size (${total} bits) is not a whole number of bytes`);
  if (content < cursor.windowAt + cursor.at) {
    throw bad(`the content (${content} bits) is smaller than the packet's header and context`);
  }
  return { totalBytes: total / 8, contentBits: Number(content) };
}

/** The magic number as it stands at the begin of each packet, if it does. */
export function magicBytes({ packetHeader }: TraceClass): Uint8Array | undefined {
  const first = packetHeader?.members[0]?.fieldClass;
  if (first?.kind !== 'integer' || first.bits !== 32 || !first.roles?.includes('packet-magic-number')) return undefined;
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, MAGIC, first.byteOrder === 'le');
  return new Uint8Array(view.buffer);
}

function inWholeBytes(bits: number | bigint): number | bigint {
  return typeof bits === 'bigint' ? bits : Math.ceil(bits / 8) * 8;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
