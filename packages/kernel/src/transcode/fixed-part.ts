import type { FixedField } from '../formats/record-field.ts';
import { alignmentOf, WORD_BYTES } from './record-class.ts';

/** Bytes of one field that lie in one word of the kernel's record and in one word of the trace's. */
interface Piece {
  readonly fromWord: number;
  /** First byte within the word. */
  readonly fromByte: number;
  readonly toByte: number;
  readonly bytes: number;
}

/** A word of the fixed part of a record. */
interface Word {
  readonly pieces: Piece[];
  /** Subtracted from the whole word. */
  minus: number;
}

/** The fixed part of an event's records: code that copies it, and its size. */
export interface FixedPart {
  /** Statements that copy words from `from[at + n]` to `to[out + n]`. */
  readonly statements: string;
  /** Words that it takes in the trace, and exact size in bytes. */
  readonly words: number;
  readonly bytes: number;
  /** Bytes of the kernel's record that are read. */
  readonly recordBytes: number;
}

/**
 * Plans the copy of the fields with a fixed place, word by word.
 *
 * The kernel aligns its fields as C does, so most words of the trace are words of the kernel's record. Others, where a
 * field is narrower in the trace or another one before it is left out, are put together from parts.
 */
export function planFixedPart(fields: readonly FixedField[]): FixedPart {
  const words: Word[] = [];
  let bytes = 0;
  let recordBytes = 0;
  for (const field of fields) {
    const align = alignmentOf(field);
    bytes = Math.ceil(bytes / align) * align;
    const size = bytesOf(field);
    addPieces(words, field.offset, bytes, size);
    if (field.kind === 'integer' && field.minus !== 0) (words[bytes / WORD_BYTES] as Word).minus = field.minus;
    bytes += size;
    recordBytes = Math.max(recordBytes, field.offset + size);
  }
  const statements = words.map((word, idx) => `to[out + ${idx}] = ${wordExpression(word)};`).join('\n');
  return { statements, words: words.length, bytes, recordBytes };
}

function bytesOf(field: FixedField): number {
  if (field.kind === 'integer') return field.shape.bytes;
  return field.kind === 'array' ? field.length * field.element.bytes : field.length;
}

function addPieces(words: Word[], from: number, to: number, size: number): void {
  for (let done = 0; done < size; ) {
    const fromByte = (from + done) % WORD_BYTES;
    const toByte = (to + done) % WORD_BYTES;
    const bytes = Math.min(size - done, WORD_BYTES - fromByte, WORD_BYTES - toByte);
    const word = Math.floor((to + done) / WORD_BYTES);
    words[word] ??= { pieces: [], minus: 0 };
    words[word].pieces.push({ fromWord: Math.floor((from + done) / WORD_BYTES), fromByte, toByte, bytes });
    done += bytes;
  }
}

function wordExpression({ pieces, minus }: Word): string {
  const [first] = pieces;
  const isWhole =
    first !== undefined &&
    pieces.every(({ fromWord, fromByte, toByte }) => fromWord === first.fromWord && fromByte === toByte);
  const value = isWhole ? wordOf(first.fromWord) : pieces.map(pieceExpression).join(' | ');
  return minus === 0 ? value : `(${value}) - ${minus}`;
}

function pieceExpression({ fromWord, fromByte, toByte, bytes }: Piece): string {
  const mask = bytes === WORD_BYTES ? 0xffffffff : 2 ** (8 * bytes) - 1;
  return `((${wordOf(fromWord)} >>> ${8 * fromByte}) & ${mask}) << ${8 * toByte}`;
}

function wordOf(idx: number): string {
  return `from[at + ${idx}]`;
}
