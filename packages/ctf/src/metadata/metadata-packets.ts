import { MetadataError } from './parse-error.ts';

const PACKET_MAGIC = 0x75d11d57;
const PACKET_HEADER_BYTES = 37;

/**
 * The encoded text of a metadata stream: the content of its packets, or all of it if it is not packetised.
 *
 * The null characters with which writers pad metadata at its end are left out.
 *
 * @param bytes a whole metadata stream
 * @throws {MetadataError} `BAD_PACKET`
 * @see CTF 1.8.3 §7.1 (metadata stream), CTF2-SPEC-2.0 §5.1 (metadata stream packets)
 */
export function unpackMetadata(bytes: Uint8Array): Uint8Array {
  return withoutPadding(metadataContents(bytes));
}

function metadataContents(bytes: Uint8Array): Uint8Array {
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
 *
 * The padding of the last packet may be missing.
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
    for (let i = 4; i < 20; i++) {
      if (bytes[at + i] !== bytes[i]) throw bad('this packet has another UUID than the first');
    }
    const contentBytes = view.getUint32(at + 24, littleEndian) / 8;
    const packetBytes = view.getUint32(at + 28, littleEndian) / 8;
    if (bytes[at + 32] !== 0) throw bad('compressed metadata cannot be read');
    if (bytes[at + 33] !== 0) throw bad('encrypted metadata cannot be read');
    if (bytes[at + 34] !== 0) throw bad('the checksum of metadata cannot be verified');
    const version = `${bytes[at + 35]}.${bytes[at + 36]}`;
    if (version !== '1.8' && version !== '2.0') throw bad(`there is no version ${version} of CTF`);
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

const BLANKS: ReadonlySet<number | undefined> = new Set([0, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20]);

function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && BLANKS.has(bytes[end - 1])) end--;
  return bytes.subarray(0, end);
}
