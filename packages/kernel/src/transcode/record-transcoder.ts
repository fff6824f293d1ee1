import type { EventFormat } from '../formats/event-format.ts';
import { recordFields } from '../formats/kernel-event.ts';
import { type DynamicField, isFixed } from '../formats/record-field.ts';
import { planFixedPart } from './fixed-part.ts';
import { WORD_BYTES } from './record-class.ts';

/** Bytes of a dynamic field that are added to its content at most: padding, its length or null character. */
const DYNAMIC_OVERHEAD_BYTES = 2 * WORD_BYTES;

/** Copies the payload of records of one event from a page of the kernel to a packet. */
export interface RecordTranscoder {
  /**
   * Copies a payload.
   *
   * @param from words of the page, and `fromBytes` the same bytes
   * @param at index of the first word of the kernel's record, which has `bytes` bytes, at least `recordBytes`
   * @param to words of the packet, and `toBytes` the same bytes; `payloadBytesMax(bytes)` bytes fit in
   * @param out index of the first word of the payload
   * @returns the byte behind the payload; -1 if a field leads out of the record
   */
  readonly copy: Copy;
  /** Least size of the kernel's record. */
  readonly recordBytes: number;
  /** Largest payload of a record of this size in the kernel. */
  payloadBytesMax(bytes: number): number;
}

type Copy = (
  from: Uint32Array,
  fromBytes: Uint8Array,
  at: number,
  bytes: number,
  to: Uint32Array,
  toBytes: Uint8Array,
  out: number,
) => number;

/**
 * Makes the function that transcodes an event's records: one small function for each event.
 *
 * It is compiled from text, since a loop over descriptions of fields takes ten times as long. Only numbers that are
 * computed here go into the text, from offsets and sizes that `checkFields` bounds. No name and no other text of the
 * kernel does.
 */
export function recordTranscoder(system: string, format: Pick<EventFormat, 'fields'>): RecordTranscoder {
  const fields = recordFields(system, format);
  const fixed = planFixedPart(fields.filter(isFixed));
  const dynamic = fields.filter((field): field is DynamicField => !isFixed(field));
  const endOfFixed = `out * ${WORD_BYTES} + ${fixed.bytes}`;
  const body =
    dynamic.length === 0
      ? `${fixed.statements}\nreturn ${endOfFixed};`
      : `${fixed.statements}\nlet end = ${endOfFixed};\n${dynamic.map(dynamicStatements).join('\n')}\nreturn end;`;
  const make = new Function(
    'copyString',
    'copySequence',
    `'use strict';\nreturn (from, fromBytes, at, bytes, to, toBytes, out) => {\n${body}\n};`,
  ) as (string: typeof copyString, sequence: typeof copySequence) => Copy;
  const wordsOfPlaces = dynamic.map(({ place }) => place.offset + WORD_BYTES);
  return {
    copy: make(copyString, copySequence),
    recordBytes: Math.max(fixed.recordBytes, ...wordsOfPlaces, 2 * WORD_BYTES),
    payloadBytesMax: (bytes) => fixed.words * WORD_BYTES + dynamic.length * (bytes + DYNAMIC_OVERHEAD_BYTES),
  };
}

function dynamicStatements(field: DynamicField): string {
  const { offset, relative } = field.place;
  // The place of a dynamic field is an aligned word in all kernels; anything else is put together from bytes.
  const word =
    offset % WORD_BYTES === 0
      ? `from[at + ${offset / WORD_BYTES}]`
      : Array.from({ length: WORD_BYTES }, (_, n) => `(fromBytes[at * 4 + ${offset + n}] << ${8 * n})`).join(' | ');
  const base = relative ? offset + WORD_BYTES : 0;
  const call =
    field.kind === 'string'
      ? `copyString(fromBytes, at * ${WORD_BYTES}, bytes, word, ${base}, toBytes, end)`
      : `copySequence(fromBytes, at * ${WORD_BYTES}, bytes, word, ${base}, to, toBytes, end, ${field.element.bytes})`;
  return `{ const word = ${word}; end = ${call}; if (end < 0) return -1; }`;
}

/** Copies text up to its first null character, and writes one. Returns the byte behind it; -1 outside of the record. */
function copyString(
  fromBytes: Uint8Array,
  start: number,
  bytes: number,
  word: number,
  base: number,
  toBytes: Uint8Array,
  end: number,
): number {
  const offset = base + (word & 0xffff);
  const length = word >>> 16;
  if (offset + length > bytes) return -1;
  const stop = start + offset + length;
  let to = end;
  for (let i = start + offset; i < stop; i++) {
    const byte = fromBytes[i] as number;
    if (byte === 0) break;
    toBytes[to++] = byte;
  }
  toBytes[to] = 0;
  return to + 1;
}

/** Copies elements behind their number, which begins at a word. Returns the byte behind; -1 outside of the record. */
function copySequence(
  fromBytes: Uint8Array,
  start: number,
  bytes: number,
  word: number,
  base: number,
  to: Uint32Array,
  toBytes: Uint8Array,
  end: number,
  elementBytes: number,
): number {
  const offset = base + (word & 0xffff);
  const length = word >>> 16;
  if (offset + length > bytes) return -1;
  const count = Math.floor(length / elementBytes);
  const lengthWord = (end + WORD_BYTES - 1) >>> 2;
  to[lengthWord] = count;
  let at = (lengthWord + 1) * WORD_BYTES;
  const stop = start + offset + count * elementBytes;
  for (let i = start + offset; i < stop; i++) toBytes[at++] = fromBytes[i] as number;
  return at;
}
