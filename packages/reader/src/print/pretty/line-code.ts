import type {
  DynamicArrayFieldClass,
  EnumerationFieldClass,
  FieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
} from '@ringtail/ctf';
import {
  type CodeWriter,
  containerOf,
  elementPlace,
  encodeText,
  type IntegerCode,
  isTextElement,
  isUtf8,
  memberPlace,
  type RecordCode,
} from '@ringtail/ctf/internal';
import {
  FOUR_DIGITS,
  putAscii,
  putBytes,
  putFloat,
  putHexadecimal,
  putSigned,
  putText,
  putTwoWords,
  putTwoWordsHexadecimal,
  putUnsigned,
} from '../text/byte-text.ts';
import { copyNullTerminated, copyTextArray } from '../text/copy-text-code.ts';
import type { TextBuffer } from '../text/text-buffer.ts';
import type { TextCode } from '../text/text-code.ts';
import { copyConstants } from '../text/text-escapes.ts';
import { variantCode } from '../text/variant-code.ts';
import type { ScopeText } from './event-line.ts';
import { enumerationText, type FieldTextContext, isShown, memberLabel, shownFieldText } from './pretty-fields.ts';
import { integerText } from './pretty-number.ts';
import { colored } from './pretty-style.ts';
import { QUOTED } from './pretty-text.ts';

/** Number of values of an enumeration whose texts are kept. */
const ENUMERATION_TEXTS_MAX = 1024;

/** Constants of generated printers. */
export function lineConstants(buffer: TextBuffer): Map<string, unknown> {
  const constants: Record<string, unknown> = {
    T: buffer,
    O: buffer.bytes,
    D: buffer.view,
    LIMIT: buffer.limit,
    ...copyConstants(QUOTED),
    FOUR_DIGITS,
    joinWords,
    putAscii,
    putBytes,
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
 * Writes the code that prints the fields of a record as it reads them. The text equals the text of `shownFieldText`,
 * byte for byte.
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
        if (!isUtf8(fieldClass.encoding)) {
          this.#general(fieldClass, place, context);
          break;
        }
        this.#colored(palette.text, context, () => {
          this.#out.text('"');
          copyNullTerminated(this.#code, this.#out, this.#record);
          this.#out.text('"');
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
        this.#out.text('{ ');
        variantCode(fieldClass, place, this.#record, this.#out, (option, at) => this.#field(option, at, context));
        this.#out.text(' }');
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
      if (element.kind !== 'integer' || !isUtf8(element.encoding)) {
        this.#general(fieldClass, place, context);
        return;
      }
      this.#colored(context.palette.text, context, () => {
        this.#out.text('"');
        this.#out.flush();
        copyTextArray(this.#code, this.#out, this.#record.textArray(fieldClass, place));
        this.#out.text('"');
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
