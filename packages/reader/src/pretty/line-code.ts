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
} from '../text/byte-text.ts';
import type { TextBuffer } from '../text/text-buffer.ts';
import type { TextCode } from '../text/text-code.ts';
import type { ScopeText } from './event-line.ts';
import { enumerationText, type FieldTextContext, isShown, memberLabel, shownFieldText } from './pretty-fields.ts';
import { integerText } from './pretty-number.ts';
import { colored } from './pretty-style.ts';

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
  readonly #out: TextCode;

  constructor(code: CodeWriter, record: RecordCode, out: TextCode) {
    this.#code = code;
    this.#record = record;
    this.#out = out;
  }

  scope({ scope, root, label, context }: ScopeText): void {
    this.#out.text(label);
    this.#field(root, scope, context);
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
        this.#colored(palette.number, context, () => this.#out.put(`putFloat(D, o, ${value})`));
        break;
      }
      case 'string':
        if (fieldClass.encoding !== 'utf8' && fieldClass.encoding !== 'ascii') {
          this.#general(fieldClass, place, context);
          break;
        }
        this.#colored(palette.text, context, () => {
          this.#out.flush();
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
    this.#out.text(before);
    write();
    this.#out.text(behind);
  }

  #general(fieldClass: FieldClass, place: string, context: FieldTextContext): void {
    const value = this.#record.general(fieldClass, place);
    const text = this.#code.constant('text', shownFieldText(fieldClass, place, context));
    this.#out.putAnyLength(`putText(O, o, LIMIT, ${text}(${value}))`);
  }

  #integer(fieldClass: IntegerFieldClass, integer: IntegerCode): void {
    const { base, bits, signed } = fieldClass;
    if (base === 10) {
      if (integer.width === 'two-words') this.#out.put(`putTwoWords(D, o, ${integer.high}, ${integer.low})`);
      else this.#out.put(`${signed ? 'putSigned' : 'putUnsigned'}(D, o, ${integer.name})`);
    } else if (base === 16) {
      const digitBits = Math.ceil(bits / 4) * 4;
      if (integer.width === 'two-words') {
        this.#out.put(`putTwoWordsHexadecimal(D, o, ${integer.high}, ${integer.low})`);
      } else {
        const mask = digitBits >= 32 ? '' : ` & ${2 ** digitBits - 1}`;
        this.#out.put(`putHexadecimal(D, o, (${integer.name}${mask}) >>> 0)`);
      }
    } else {
      const text = this.#code.constant('text', integerText(fieldClass));
      this.#out.putAnyLength(`putText(O, o, LIMIT, ${text}(${valueText(integer)}))`);
    }
  }

  #enumeration(fieldClass: EnumerationFieldClass, place: string, { palette }: FieldTextContext): void {
    const integer = this.#record.integer(containerOf(fieldClass), place);
    const bytes = this.#code.constant('bytes', cachedBytes(enumerationText(fieldClass, palette)));
    this.#out.putAnyLength(`putBytes(O, o, LIMIT, ${bytes}(${valueText(integer)}))`);
  }

  #structure(fieldClass: StructureFieldClass, place: string, context: FieldTextContext): void {
    this.#record.structure(fieldClass);
    let separator = '{ ';
    for (const member of fieldClass.members) {
      const inner = memberPlace(place, member.name);
      if (isShown(member.fieldClass, inner, context)) {
        this.#out.text(separator + memberLabel(member, context));
        this.#field(member.fieldClass, inner, context);
        separator = ', ';
      } else {
        this.#record.skip(member.fieldClass, inner);
      }
    }
    this.#out.text(separator === '{ ' ? '{ }' : ' }');
  }

  #array(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string, context: FieldTextContext): void {
    const { element } = fieldClass;
    if (isTextElement(element)) {
      if (element.kind !== 'integer' || (element.encoding !== 'utf8' && element.encoding !== 'ascii')) {
        this.#general(fieldClass, place, context);
        return;
      }
      this.#colored(context.palette.text, context, () => {
        this.#out.flush();
        const length = this.#record.textArray(fieldClass, place);
        const textEnd = this.#code.local('textEnd', `p + ${length}`);
        const at = this.#code.fresh('at');
        this.#code.line(`let ${at} = p;`);
        this.#quoted(at, textEnd);
        this.#code.line(`p = ${textEnd};`);
      });
      return;
    }
    this.#out.text('[');
    this.#out.flush();
    this.#record.array(fieldClass, place, (index) => {
      this.#out.check();
      this.#code.line(`if (${index} === 0) O[o++] = 32; else { D.setInt16(o, ${0x20_2c}, true); o += 2; }`);
      if (context.names) {
        this.#out.text('[');
        this.#out.put(`putUnsigned(D, o, ${index})`);
        this.#out.text('] = ');
      }
      this.#field(element, elementPlace(place), context);
      this.#out.flush();
    });
    this.#out.check();
    this.#out.text(' ]');
  }

  #variant(fieldClass: VariantFieldClass, place: string, context: FieldTextContext): void {
    this.#out.text('{ ');
    this.#out.flush();
    this.#record.variant(fieldClass, place, (index) => {
      this.#out.check();
      const option = fieldClass.options[index]!;
      this.#field(option.fieldClass, optionPlace(place, option.name, index), context);
      this.#out.flush();
    });
    this.#out.check();
    this.#out.text(' }');
  }

  /**
   * Copies a text up to its null character in quotes: four bytes at once as long as they stand for themselves, also the last ones.
   * The last bytes of a window are left to the general decoder.
   */
  #nullTerminated(): void {
    const code = this.#code;
    this.#out.text('"');
    this.#out.flush();
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
    this.#out.check();
    this.#out.text('"');
  }

  /** As `#nullTerminated`, of the bytes from `at` to `end` if no null character comes before. */
  #quoted(at: string, end: string): void {
    const code = this.#code;
    this.#out.text('"');
    this.#out.flush();
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
    this.#out.check();
    this.#out.text('"');
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
