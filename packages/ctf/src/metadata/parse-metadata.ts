import type { TraceClass } from '../model/trace-class.ts';
import { MetadataError } from './parse-error.ts';
import { parseTsdl } from './tsdl-analyse.ts';

const PACKET_MAGIC = 0x75d11d57;
const PACKET_HEADER_BYTES = 37;

/** Metadata beyond this is refused. LTTng's largest kernel metadata has 2 MB. */
const METADATA_BYTES_MAX = 1 << 28;

/**
 * Reads the metadata of a trace, plain text or packetised.
 *
 * @param bytes a whole metadata stream
 * @throws {MetadataError}
 * @see CTF 1.8.3 §7.1 (metadata stream)
 */
export function parseMetadata(bytes: Uint8Array): TraceClass {
  if (bytes.length > METADATA_BYTES_MAX) throw new MetadataError('UNSUPPORTED', 'the metadata is too large');
  if (bytes[0] === 0x1e) throw new MetadataError('UNSUPPORTED', 'this is metadata of CTF 2');
  const text = new TextDecoder('utf-8').decode(metadataBytes(bytes));
  // Writers pad metadata with null characters.
  return parseTsdl(text.replace(/\0+\s*$/, ''));
}

function metadataBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) === PACKET_MAGIC) return packetContents(bytes, view, true);
  if (view.getUint32(0, false) === PACKET_MAGIC) return packetContents(bytes, view, false);
  return bytes;
}

/**
 * What the packets contain, one after the other.
 *
 *   0   u32 magic, u8 uuid[16], u32 checksum
 *   24  u32 content_size, u32 packet_size      both in bits, headers included
 *   32  u8 compression, encryption, checksum scheme, major, minor
 */
function packetContents(bytes: Uint8Array, view: DataView, littleEndian: boolean): Uint8Array {
  const contents = new Uint8Array(bytes.length);
  let length = 0;
  let at = 0;
  const bad = (message: string) => new MetadataError('BAD_PACKET', `${message} (metadata packet at byte ${at})`);
  while (at < bytes.length) {
    if (bytes.length - at < PACKET_HEADER_BYTES) {
      if (bytes.subarray(at).every((byte) => byte === 0 || byte === 0x0a)) break;
      throw bad('the metadata ends within a packet header');
    }
    if (view.getUint32(at, littleEndian) !== PACKET_MAGIC) throw bad('the magic number is missing');
    const contentBytes = view.getUint32(at + 24, littleEndian) / 8;
    const packetBytes = view.getUint32(at + 28, littleEndian) / 8;
    if (bytes[at + 32] !== 0) throw bad('compressed metadata cannot be read');
    if (bytes[at + 33] !== 0) throw bad('encrypted metadata cannot be read');
    if (bytes[at + 35] !== 1 || bytes[at + 36] !== 8) throw bad('the version is not 1.8');
    if (!Number.isInteger(contentBytes) || !Number.isInteger(packetBytes)) throw bad('a size is no whole byte');
    if (contentBytes < PACKET_HEADER_BYTES || packetBytes < contentBytes) throw bad('the sizes contradict each other');
    if (at + contentBytes > bytes.length) throw bad('the metadata ends within a packet');
    const content = bytes.subarray(at + PACKET_HEADER_BYTES, at + contentBytes);
    contents.set(content, length);
    length += content.length;
    at += packetBytes;
  }
  return contents.subarray(0, length);
}
