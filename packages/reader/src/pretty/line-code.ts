import type {
  DynamicArrayFieldClass,
  EnumerationFieldClass,
  FieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from '@ringtail/ctf';
import {
  type CodeWriter,
  containerOf,
  elementPlace,
  encodeText,
  firstZeroByte,
  type IntegerCode,
  isTextElement,
  memberPlace,
  optionPlace,
  type RecordCode,
  ZERO_BYTES,
} from '@ringtail/ctf/internal';
import {
  BYTE_CLASSES,
  FOUR_DIGITS,
  PAIR_CLASSES,
  putAscii,
  putBytes,
  putEscape,
  putFloat,
  putHexadecimal,
  putSigned,
  putText,
  putTwoWords,
  putTwoWordsHexadecimal,
  putUnsigned,
} from './byte-text.ts';
import type { ScopeText } from './event-line.ts';
import { enumerationText, type FieldTextContext, isShown, memberLabel, shownFieldText } from './pretty-fields.ts';
import { integerText } from './pretty-number.ts';
import { colored } from './pretty-style.ts';
import { SLACK_BYTES, type TextBuffer } from './text-buffer.ts';

/** The most bytes that one call writes that does not check for room: a number, or an escaped byte. */
const PIECE_BYTES_MAX = 64;

/** Texts of so many values of an enumeration are kept. */
const ENUMERATION_TEXTS_MAX = 1024;

/** What generated printers refer to by name. */
export function lineConstants(buffer: TextBuffer): Map<string, unknown> {
  const constants: Record<string, unknown> = {
    T: buffer,
    O: buffer.bytes,
    D: buffer.view,
    LIMIT: buffer.limit,
    BYTE_CLASSES,
    FOUR_DIGITS,
    PAIR_CLASSES,
    joinWords,
    putAscii,
    putBytes,
    putEscape,
    putFloat,
    putHexadecimal,
    putSigned,
    putText,
    putTwoWords,
    putTwoWordsHexadecimal,
    putUnsigned,
  };
  return new Map(Object.entries(constants));
}

function joinWords(high: number, low: number): number | bigint {
  const value = high * 0x1_0000_0000 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) + BigInt(low);
}

/** The statements that store constant text at `o` and advance it. They may write up to three bytes more. */
export function storeText(text: string): string {
  const bytes = encodeText(text);
  const stores: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const word = [0, 1, 2, 3].reduce((sum, k) => sum | ((bytes[i + k] ?? 0) << (8 * k)), 0);
    const at = i === 0 ? 'o' : `o + ${i}`;
    stores.push(bytes.length - i === 1 ? `O[${at}] = ${bytes[i]};` : `D.setInt32(${at}, ${word}, true);`);
  }
  return bytes.length === 0 ? '' : `${stores.join(' ')} o += ${bytes.length};`;
}

/** The statements that store nine digits at `o` and advance it. */
export function storeNineDigits(name: string): string {
  return [
    `{ const a = (${name} / 100000) | 0, rest = ${name} - a * 100000, b = (rest / 10) | 0;`,
    'D.setInt32(o, FOUR_DIGITS[a], true); D.setInt32(o + 4, FOUR_DIGITS[b], true); O[o + 8] = 48 + rest - b * 10; o += 9; }',
  ].join('\n');
}

/**
 * Writes the code that prints the fields of a record as it reads them: byte for byte what `shownFieldText` makes of their values.
 *
 * The code keeps the position in the text in `o`.
 */
export class LineCode {
  readonly #code: CodeWriter;
  readonly #record: RecordCode;
  /** Constant text that is yet to be stored. */
  #pending = '';
  /** How much may have been written since the last check for room. */
  #unchecked = 0;

  constructor(code: CodeWriter, record: RecordCode) {
    this.#code = code;
    this.#record = record;
  }

  text(text: string): void {
    this.#pending += text;
  }

  scope({ scope, root, label, context }: ScopeText): void {
    this.text(label);
    this.#field(root, scope, context);
  }

  finish(): void {
    this.flush();
    this.#record.finish();
  }

  /** Stores the constant text so far. */
  flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '') return;
    this.#reserve(text.length * 3 + 4);
    this.#code.line(storeText(text));
  }

  /** Sees to it that so many bytes fit behind what has been written. */
  #reserve(bytes: number): void {
    this.#unchecked += bytes;
    if (this.#unchecked < SLACK_BYTES) return;
    this.#code.line('if (o >= LIMIT) return -1;');
    this.#unchecked = bytes;
  }

  /** To be called where code behind may run after more text than has been counted. */
  #check(): void {
    this.#code.line('if (o >= LIMIT) return -1;');
    this.#unchecked = 0;
  }

  #put(call: string): void {
    this.flush();
    this.#reserve(PIECE_BYTES_MAX);
    this.#code.line(`o = ${call};`);
  }

  #putAnyLength(call: string): void {
    this.flush();
    this.#code.line(`o = ${call};`);
    this.#code.line('if (o === -1) return -1;');
    this.#unchecked = 0;
  }

  #field(fieldClass: FieldClass, place: string, context: FieldTextContext): void {
    const { palette } = context;
    switch (fieldClass.kind) {
      case 'integer': {
        const integer = this.#record.integer(fieldClass, place);
        this.#colored(palette.number, context, () => this.#integer(fieldClass, integer));
        break;
      }
      case 'enumeration':
        this.#enumeration(fieldClass, place, context);
        break;
      case 'float': {
        const value = this.#record.float(fieldClass);
        this.#colored(palette.number, context, () => this.#put(`putFloat(D, o, ${value})`));
        break;
      }
      case 'string':
        if (fieldClass.encoding !== 'utf8' && fieldClass.encoding !== 'ascii') {
          this.#general(fieldClass, place, context);
          break;
        }
        this.#colored(palette.text, context, () => {
          this.flush();
          this.#record.bytes();
          this.#nullTerminated();
        });
        break;
      case 'structure':
        this.#structure(fieldClass, place, context);
        break;
      case 'static-array':
      case 'dynamic-array':
        this.#array(fieldClass, place, context);
        break;
      case 'variant':
        this.#variant(fieldClass, place, context);
        break;
      default:
        this.#general(fieldClass, place, context);
    }
  }

  #colored(color: string, { palette }: FieldTextContext, write: () => void): void {
    if (color === '') {
      write();
      return;
    }
    const [before, behind] = colored('\0', color, palette).split('\0') as [string, string];
    this.text(before);
    write();
    this.text(behind);
  }

  #general(fieldClass: FieldClass, place: string, context: FieldTextContext): void {
    const value = this.#record.general(fieldClass, place);
    const text = this.#code.constant('text', shownFieldText(fieldClass, place, context));
    this.#putAnyLength(`putText(O, o, LIMIT, ${text}(${value}))`);
  }

  #integer(fieldClass: IntegerFieldClass, integer: IntegerCode): void {
    const { base, bits, signed } = fieldClass;
    if (base === 10) {
      if (integer.width === 'two-words') this.#put(`putTwoWords(D, o, ${integer.high}, ${integer.low})`);
      else this.#put(`${signed ? 'putSigned' : 'putUnsigned'}(D, o, ${integer.name})`);
    } else if (base === 16) {
      const digitBits = Math.ceil(bits / 4) * 4;
      if (integer.width === 'two-words') {
        this.#put(`putTwoWordsHexadecimal(D, o, ${integer.high}, ${integer.low})`);
      } else {
        const mask = digitBits >= 32 ? '' : ` & ${2 ** digitBits - 1}`;
        this.#put(`putHexadecimal(D, o, (${integer.name}${mask}) >>> 0)`);
      }
    } else {
      const text = this.#code.constant('text', integerText(fieldClass));
      this.#putAnyLength(`putText(O, o, LIMIT, ${text}(${valueText(integer)}))`);
    }
  }

  #enumeration(fieldClass: EnumerationFieldClass, place: string, { palette }: FieldTextContext): void {
    const integer = this.#record.integer(containerOf(fieldClass), place);
    const bytes = this.#code.constant('bytes', cachedBytes(enumerationText(fieldClass, palette)));
    this.#putAnyLength(`putBytes(O, o, LIMIT, ${bytes}(${valueText(integer)}))`);
  }

  #structure(fieldClass: StructureFieldClass, place: string, context: FieldTextContext): void {
    this.#record.structure(fieldClass);
    let separator = '{ ';
    for (const member of fieldClass.members) {
      const inner = memberPlace(place, member.name);
      if (isShown(member.fieldClass, inner, context)) {
        this.text(separator + memberLabel(member, context));
        this.#field(member.fieldClass, inner, context);
        separator = ', ';
      } else {
        this.#record.skip(member.fieldClass, inner);
      }
    }
    this.text(separator === '{ ' ? '{ }' : ' }');
  }

  #array(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string, context: FieldTextContext): void {
    const { element } = fieldClass;
    if (isTextElement(element)) {
      if (element.kind !== 'integer' || (element.encoding !== 'utf8' && element.encoding !== 'ascii')) {
        this.#general(fieldClass, place, context);
        return;
      }
      this.#colored(context.palette.text, context, () => {
        this.flush();
        const length = this.#record.textArray(fieldClass, place);
        const textEnd = this.#code.local('textEnd', `p + ${length}`);
        const at = this.#code.fresh('at');
        this.#code.line(`let ${at} = p;`);
        this.#quoted(at, textEnd);
        this.#code.line(`p = ${textEnd};`);
      });
      return;
    }
    this.text('[');
    this.flush();
    this.#record.array(fieldClass, place, (index) => {
      this.#check();
      this.#code.line(`if (${index} === 0) O[o++] = 32; else { D.setInt16(o, ${0x20_2c}, true); o += 2; }`);
      if (context.names) {
        this.text('[');
        this.#put(`putUnsigned(D, o, ${index})`);
        this.text('] = ');
      }
      this.#field(element, elementPlace(place), context);
      this.flush();
    });
    this.#check();
    this.text(' ]');
  }

  #variant(fieldClass: VariantFieldClass, place: string, context: FieldTextContext): void {
    this.text('{ ');
    this.flush();
    this.#record.variant(fieldClass, place, (index) => {
      this.#check();
      const option = fieldClass.options[index]!;
      this.#field(option.fieldClass, optionPlace(place, option.name, index), context);
      this.flush();
    });
    this.#check();
    this.text(' }');
  }

  /**
   * Copies a text up to its null character in quotes: four bytes at once as long as they stand for themselves, also the last ones.
   * The last bytes of a window are left to the general decoder.
   */
  #nullTerminated(): void {
    const code = this.#code;
    this.text('"');
    this.flush();
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
    this.#fourBytes('p', loop);
    code.line('}');
    code.line('if (p > end) return -1;');
    this.#check();
    this.text('"');
  }

  /** As `#nullTerminated`, of the bytes from `at` to `end` if no null character comes before. */
  #quoted(at: string, end: string): void {
    const code = this.#code;
    this.text('"');
    this.flush();
    const loop = code.fresh('text');
    code.line(`${loop}: for (;;) {`);
    code.line('if (o >= LIMIT) return -1;');
    code.line(`while (${at} + 4 <= ${end} && o < LIMIT) {`);
    code.line(`const word = dv.getInt32(${at}, true);`);
    code.line(`if (!(${isPlain('word')})) break;`);
    code.line(`D.setInt32(o, word, true); ${at} += 4; o += 4;`);
    code.line('}');
    this.#fourBytes(at, loop, end);
    code.line('}');
    this.#check();
    this.text('"');
  }

  /** Copies up to four bytes, one after the other, and leaves `loop` at the end of the text. */
  #fourBytes(at: string, loop: string, end?: string): void {
    const code = this.#code;
    code.line('for (let n = 0; n < 4; n++) {');
    if (end !== undefined) code.line(`if (${at} >= ${end}) break ${loop};`);
    code.line(`const byte = u8[${at}++];`);
    code.line('if (BYTE_CLASSES[byte] === 0) O[o++] = byte;');
    code.line(`else if (byte === 0) break ${loop};`);
    code.line('else o = putEscape(D, o, byte);');
    code.line('}');
  }
}

/** Whether the four bytes of a word stand for themselves. */
function isPlain(word: string): string {
  return `(PAIR_CLASSES[${word} & 65535] | PAIR_CLASSES[${word} >>> 16]) === 0`;
}

function valueText(integer: IntegerCode): string {
  return integer.width === 'word' ? integer.name : `joinWords(${integer.high}, ${integer.low})`;
}

function cachedBytes(text: (value: number | bigint) => string): (value: number | bigint) => Uint8Array {
  const cache = new Map<number | bigint, Uint8Array>();
  return (value) => {
    let bytes = cache.get(value);
    if (bytes === undefined) {
      if (cache.size >= ENUMERATION_TEXTS_MAX) cache.clear();
      bytes = encodeText(text(value));
      cache.set(value, bytes);
    }
    return bytes;
  };
}
