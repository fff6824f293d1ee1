import { CONTROL_AREA_BYTES, controlChecksum } from './control-page.ts';
import type { DesiredStateChange } from './desired-state.ts';

/** u32 byte length of the text, u32 its checksum; then the text. */
const HEAD_BYTES = 8;

/**
 * A piece of the text in a control file's area: one change of the desired state. Pieces stand behind each other, so that one more
 * trigger among ten thousand is a few hundred bytes to write and to read.
 *
 * @param text JSON of a `DesiredStateChange`
 */
export function encodePiece(text: string): Buffer {
  const piece = Buffer.alloc(HEAD_BYTES + Buffer.byteLength(text));
  piece.write(text, HEAD_BYTES);
  piece.writeUInt32LE(piece.length - HEAD_BYTES, 0);
  piece.writeUInt32LE(controlChecksum(piece.subarray(HEAD_BYTES)), 4);
  return piece;
}

/** @returns undefined where the bytes are not whole pieces: their writer is at work, or somebody else has been */
export function decodePieces(bytes: Buffer): DesiredStateChange[] | undefined {
  if (bytes.length > CONTROL_AREA_BYTES) return undefined;
  const changes: DesiredStateChange[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) return undefined;
    const end = at + HEAD_BYTES + bytes.readUInt32LE(at);
    if (end > bytes.length) return undefined;
    const text = bytes.subarray(at + HEAD_BYTES, end);
    if (controlChecksum(text) !== bytes.readUInt32LE(at + 4)) return undefined;
    try {
      changes.push(JSON.parse(text.toString('utf8')) as DesiredStateChange);
    } catch {
      return undefined;
    }
    at = end;
  }
  return changes;
}
