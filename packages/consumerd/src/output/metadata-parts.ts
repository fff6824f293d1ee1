import { uuidText } from '@ringtail/ctf';

const RECORD_SEPARATOR = '\u001e';

/**
 * End of every block of this metadata. A block of TSDL has several lines, a fragment of CTF 2 has one. Line feeds
 * inside texts are escaped in both formats, so the end of a block is unique.
 */
export function blockEndOf(text: string): string {
  return text.startsWith(RECORD_SEPARATOR) ? '\n' : '\n};\n\n';
}

/** Metadata up to the end of its last whole block. */
export function wholeBlocks(text: string): string {
  return upToLast(text, blockEndOf(text));
}

/** `text` up to and including the last occurrence of `end`. */
export function upToLast(text: string, end: string): string {
  const at = text.lastIndexOf(end);
  return at < 0 ? '' : text.slice(0, at + end.length);
}

/** UUID of the trace in our metadata. */
export function traceUuidOf(text: string): string | undefined {
  if (!text.startsWith(RECORD_SEPARATOR)) return /^trace \{[^}]*?\n\tuuid = "([0-9a-f-]{36})";/m.exec(text)?.[1];
  const bytes = /^.\{"type":"preamble","version":2,"uuid":\[([0-9,]{31,63})\]\}\n/
    .exec(text)?.[1]
    ?.split(',')
    .map(Number);
  return bytes?.length === 16 && bytes.every((byte) => byte < 256) ? uuidText(Uint8Array.from(bytes)) : undefined;
}

/** Offset of the clock in our metadata. */
export function clockOffsetOf(text: string): { offsetSeconds: bigint; offsetCycles: bigint } | undefined {
  const found =
    /^\toffset_s = (-?[0-9]{1,19});\n\toffset = ([0-9]{1,19});$/m.exec(text) ??
    /^.\{"type":"clock-class",.*"offset-from-origin":\{"seconds":(-?[0-9]{1,19}),"cycles":([0-9]{1,19})\}/m.exec(text);
  if (found === null) return undefined;
  return { offsetSeconds: BigInt(found[1] as string), offsetCycles: BigInt(found[2] as string) };
}
