import type { LossMessage } from '@ringtail/ctf';
import { decodeText } from '@ringtail/ctf/internal';

/** Receives text, a line or more at a time. */
export interface TextSink {
  /** @returns false if the reader of the text is gone, so that more text is not wanted */
  write(text: string): boolean;
  /** The same for text that is encoded already, in `bytes` until this returns. Sinks without it are given strings. */
  writeBytes?(bytes: Uint8Array): boolean;
  /** Where all text goes at once, if that is a file descriptor: other processes may then write to it too, in turn. */
  readonly fd?: number;
  /** Called when another process has written to `fd`, with the number of bytes. */
  wrote?(byteCount: number): void;
}

/** A loss that a warning reports. */
export interface ReportedLoss extends Pick<LossMessage, 'kind' | 'count'> {
  /** Name of the data stream. */
  readonly stream: string;
}

/** Receives warnings, a line each. */
export interface WarningSink {
  /** @param loss absent for other warnings */
  write(line: string, loss?: ReportedLoss): unknown;
}

/** Gives a sink encoded text: as bytes, or as a string if it takes no bytes. @internal */
export function writeBytesTo(sink: TextSink, bytes: Uint8Array): boolean {
  return sink.writeBytes === undefined ? sink.write(decodeText(bytes, 0, bytes.length)) : sink.writeBytes(bytes);
}
