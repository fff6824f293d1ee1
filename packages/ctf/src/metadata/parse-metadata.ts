import type { TraceClass } from '../model/trace-class.ts';
import { unpackMetadata } from './metadata-packets.ts';
import { MetadataError } from './parse-error.ts';
import { parseTsdl } from './tsdl-analyse.ts';

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
  return parseTsdl(new TextDecoder('utf-8').decode(unpackMetadata(bytes)));
}
