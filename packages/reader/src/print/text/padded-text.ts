import { encodeText, type StreamPosition } from '@ringtail/ctf/internal';

/** Text with room for whole words, that generated code copies. */
export class PaddedText {
  view = new DataView(new ArrayBuffer(0));
  /** Bytes. */
  length = 0;

  set(text: string): void {
    const bytes = encodeText(text);
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    this.view = new DataView(padded.buffer);
    this.length = bytes.length;
  }
}

/** The text that a loop has of a position's packet, made once however often the position has its turn. */
export function packetTextOf(position: StreamPosition, text: () => string): PaddedText {
  const padded = position.prepared instanceof PaddedText ? position.prepared : new PaddedText();
  if (position.preparedFor !== position.packet) {
    position.prepared = padded;
    position.preparedFor = position.packet;
    padded.set(text());
  }
  return padded;
}
