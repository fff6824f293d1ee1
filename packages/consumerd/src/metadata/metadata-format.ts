import {
  ctf2DataStreamClass,
  ctf2EventRecordClass,
  ctf2Preamble,
  type DataStreamClass,
  type EventRecordClass,
  type TraceClass,
  tsdlDataStreamClass,
  tsdlEventRecordClass,
  tsdlPreamble,
  uuidText,
} from '@ringtail/ctf';
import type { TraceFormat } from '@ringtail/protocol';

/** Prints the parts of a metadata file: what stands at its beginning, and blocks that can be appended one by one. */
export interface MetadataPrinter {
  preamble(trace: TraceClass): string;
  dataStreamClass(trace: TraceClass, stream: DataStreamClass): string;
  eventRecordClass(trace: TraceClass, stream: DataStreamClass, event: EventRecordClass): string;
}

export const METADATA_PRINTERS: Readonly<Record<TraceFormat, MetadataPrinter>> = {
  'ctf-1.8': {
    preamble: tsdlPreamble,
    dataStreamClass: (_trace, stream) => tsdlDataStreamClass(stream),
    eventRecordClass: (_trace, stream, event) => tsdlEventRecordClass(stream.id, event),
  },
  'ctf-2': { preamble: ctf2Preamble, dataStreamClass: ctf2DataStreamClass, eventRecordClass: ctf2EventRecordClass },
};

const RECORD_SEPARATOR = '\u001e';

/**
 * How every block of this metadata ends. Line feeds inside of texts are escaped in both formats, so nothing else looks like
 * it: blocks of TSDL are several lines, fragments of CTF 2 one.
 */
export function blockEndOf(text: string): string {
  return text.startsWith(RECORD_SEPARATOR) ? '\n' : '\n};\n\n';
}

/** Metadata up to the end of its last whole block. */
export function wholeBlocks(text: string): string {
  return upToLast(text, blockEndOf(text));
}

/** `text` up to the last occurrence of `end`, which is included. */
export function upToLast(text: string, end: string): string {
  const at = text.lastIndexOf(end);
  return at < 0 ? '' : text.slice(0, at + end.length);
}

/** The UUID that metadata of ours gives its trace. */
export function traceUuidOf(text: string): string | undefined {
  if (!text.startsWith(RECORD_SEPARATOR)) return /^trace \{[^}]*?\n\tuuid = "([0-9a-f-]{36})";/m.exec(text)?.[1];
  const bytes = /^.\{"type":"preamble","version":2,"uuid":\[([0-9,]{31,63})\]\}\n/
    .exec(text)?.[1]
    ?.split(',')
    .map(Number);
  return bytes?.length === 16 && bytes.every((byte) => byte < 256) ? uuidText(Uint8Array.from(bytes)) : undefined;
}

/** Where the zero of the clock is that metadata of ours describes. */
export function clockOffsetOf(text: string): { offsetSeconds: bigint; offsetCycles: bigint } | undefined {
  const found =
    /^\toffset_s = (-?[0-9]{1,19});\n\toffset = ([0-9]{1,19});$/m.exec(text) ??
    /^.\{"type":"clock-class",.*"offset-from-origin":\{"seconds":(-?[0-9]{1,19}),"cycles":([0-9]{1,19})\}/m.exec(text);
  if (found === null) return undefined;
  return { offsetSeconds: BigInt(found[1] as string), offsetCycles: BigInt(found[2] as string) };
}
