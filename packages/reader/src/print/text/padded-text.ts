import { encodeText, type Lane } from '@ringtail/ctf/internal';

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

/** The text that a loop has of a lane's packet, made once however often the lane has its turn. */
export function packetTextOf(lane: Lane, text: () => string): PaddedText {
  const padded = lane.prepared instanceof PaddedText ? lane.prepared : new PaddedText();
  if (lane.preparedFor !== lane.packet) {
    lane.prepared = padded;
    lane.preparedFor = lane.packet;
    padded.set(text());
  }
  return padded;
}
