import type { TraceClass } from '../model/trace-class.ts';
import { parseCtf2 } from './ctf2-analyse.ts';
import { unpackMetadata } from './metadata-packets.ts';
import { MetadataError } from './parse-error.ts';
import { parseTsdl } from './tsdl-analyse.ts';

/** The first byte of CTF 2 metadata. */
const RECORD_SEPARATOR = 0x1e;

/**
 * Larger metadata is refused: reading it takes some twenty times as much memory. LTTng's largest kernel metadata has 2
 * MB.
 */
export const METADATA_BYTES_MAX = 1 << 26;

/**
 * Reads the metadata of a trace, plain text or packetised.
 *
 * @param bytes a whole metadata stream
 * @throws {MetadataError}
 * @see CTF 1.8.3 §7.1 (metadata stream), CTF2-SPEC-2.0 §5 (metadata stream)
 */
export function parseMetadata(bytes: Uint8Array): TraceClass {
  if (bytes.length > METADATA_BYTES_MAX) throw new MetadataError('UNSUPPORTED', 'the metadata is too large');
  const text = unpackMetadata(bytes);
  return text[0] === RECORD_SEPARATOR ? parseCtf2(utf8Text(text)) : parseTsdl(new TextDecoder('utf-8').decode(text));
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MetadataError('SYNTAX', 'the metadata is not in UTF-8');
  }
}
