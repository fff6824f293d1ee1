import { type CodeWriter, firstZeroByte, type RecordCode, ZERO_BYTES } from '@ringtail/ctf/internal';
import type { TextCode } from './text-code.ts';

/**
 * The statements that copy texts of a record, written as `TextEscapes` write them: four bytes at once as long as these
 * stand for themselves.
 *
 * They refer to `copyConstants` by name.
 */

/**
 * Copies a text up to its null character, also the last bytes four at once. The end of a window is left to the general
 * decoder.
 */
export function copyNullTerminated(code: CodeWriter, out: TextCode, record: RecordCode): void {
  out.flush();
  record.bytes();
  const loop = code.fresh('text');
  const words = code.local('words', 'u8.length - 4');
  code.line(`${loop}: for (;;) {`);
  code.line(`if (p > ${words} || o >= LIMIT) return -1;`);
  code.line('let word = dv.getInt32(p, true);');
  code.line(`while (${isPlain('word')}) {`);
  code.line('D.setInt32(o, word, true); p += 4; o += 4;');
  code.line(`if (p > ${words} || o >= LIMIT) return -1;`);
  code.line('word = dv.getInt32(p, true);');
  code.line('}');
  code.line(`const zeros = ${ZERO_BYTES};`);
  code.line('if (zeros !== 0) {');
  code.line(`const count = ${firstZeroByte('zeros')}, below = (1 << (8 * count)) - 1;`);
  code.line('const text = (word & below) | (0x20202020 & ~below);');
  code.line(`if (${isPlain('text')}) { D.setInt32(o, word, true); o += count; p += count + 1; break; }`);
  code.line('}');
  copyFourBytes(code, loop);
  code.line('}');
  code.line('if (p > end) return -1;');
  out.check();
}

/** Copies a text of a length, unless a null character comes before. */
export function copyTextArray(code: CodeWriter, out: TextCode, length: string): void {
  const end = code.local('textEnd', `p + ${length}`);
  const loop = code.fresh('text');
  code.line(`${loop}: for (;;) {`);
  code.line('if (o >= LIMIT) return -1;');
  code.line(`while (p + 4 <= ${end} && o < LIMIT) {`);
  code.line('const word = dv.getInt32(p, true);');
  code.line(`if (!(${isPlain('word')})) break;`);
  code.line('D.setInt32(o, word, true); p += 4; o += 4;');
  code.line('}');
  copyFourBytes(code, loop, end);
  code.line('}');
  code.line(`p = ${end};`);
  out.check();
}

/** Copies four bytes or a few more, character by character, and leaves `loop` at the end of the text. */
function copyFourBytes(code: CodeWriter, loop: string, end?: string): void {
  const stop = code.fresh('stop');
  code.line(`for (const ${stop} = p + 4; p < ${stop}; ) {`);
  if (end !== undefined) code.line(`if (p >= ${end}) break ${loop};`);
  code.line('const byte = u8[p++];');
  code.line('if (BYTE_CLASSES[byte] === 0) O[o++] = byte;');
  code.line(`else if (byte === 0) break ${loop};`);
  code.line('else if (byte < 128) o = putEscape(D, o, byte);');
  code.line('else {');
  // The rest of a character may lie behind the window.
  if (end === undefined) code.line('if (p + 3 > u8.length) return -1;');
  code.line(`const length = characterBytesAt(u8, p - 1, ${end ?? 'u8.length'});`);
  code.line('o = putCharacter(D, o, u8, p - 1, length); p += length - 1;');
  code.line('}');
  code.line('}');
}

/** Whether the four bytes of a word stand for themselves. */
function isPlain(word: string): string {
  return `(PAIR_CLASSES[${word} & 65535] | PAIR_CLASSES[${word} >>> 16]) === 0`;
}
