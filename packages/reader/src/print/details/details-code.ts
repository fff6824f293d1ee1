import { visibleLine } from '@ringtail/base/text';
import type {
  DynamicArrayFieldClass,
  FieldClass,
  IntegerFieldClass,
  StaticArrayFieldClass,
  StructureFieldClass,
} from '@ringtail/ctf';
import {
  type CodeWriter,
  containerOf,
  elementPlace,
  isTextElement,
  isUtf8,
  memberPlace,
  type RecordCode,
} from '@ringtail/ctf/internal';
import { putText } from '../text/byte-text.ts';
import { copyNullTerminated, copyTextArray } from '../text/copy-text-code.ts';
import type { TextCode } from '../text/text-code.ts';
import type { TextEscapes } from '../text/text-escapes.ts';
import { variantCode } from '../text/variant-code.ts';
import type { ClassDescription } from './describe-class.ts';
import { fieldDescription } from './describe-field.ts';
import {
  putDetailsFloat,
  putGrouped,
  putGroupedHexadecimal,
  putTwoWordsGrouped,
  putTwoWordsGroupedHexadecimal,
} from './details-bytes.ts';

/** Constants of the generated code, beside the constants of `TextCode`. */
export const DETAILS_CONSTANTS: Readonly<Record<string, unknown>> = {
  putDetailsFloat,
  putGrouped,
  putGroupedHexadecimal,
  putText,
  putTwoWordsGrouped,
  putTwoWordsGroupedHexadecimal,
};

/**
 * Writes the code that describes the fields of a record as it reads them. The text equals the text of
 * `fieldDescription`, byte for byte.
 */
export class DetailsCode {
  readonly #code: CodeWriter;
  readonly #record: RecordCode;
  readonly #out: TextCode;
  readonly #classes: ClassDescription;
  readonly #escapes: TextEscapes;

  constructor(code: CodeWriter, record: RecordCode, out: TextCode, classes: ClassDescription, escapes: TextEscapes) {
    this.#code = code;
    this.#record = record;
    this.#out = out;
    this.#classes = classes;
    this.#escapes = escapes;
  }

  /** From behind the colon of the field's name on. */
  field(fieldClass: FieldClass, place: string, indent: string): void {
    switch (fieldClass.kind) {
      case 'integer':
        this.#integer(fieldClass, place, indent);
        break;
      case 'enumeration':
        this.#integer(containerOf(fieldClass), place, indent);
        break;
      case 'float':
        this.#out.text(' ');
        this.#out.put(`putDetailsFloat(D, o, ${this.#record.float(fieldClass)})`);
        break;
      case 'string':
        if (isUtf8(fieldClass.encoding)) {
          this.#out.text(' ');
          copyNullTerminated(this.#code, this.#out, this.#record);
        } else this.#general(fieldClass, place, indent);
        break;
      case 'structure':
        this.#structure(fieldClass, place, indent);
        break;
      case 'static-array':
      case 'dynamic-array':
        this.#array(fieldClass, place, indent);
        break;
      case 'variant':
        variantCode(fieldClass, place, this.#record, this.#out, (option, at) => this.field(option, at, indent));
        break;
      default:
        this.#general(fieldClass, place, indent);
    }
  }

  #general(fieldClass: FieldClass, place: string, indent: string): void {
    const value = this.#record.general(fieldClass, place);
    const describe = this.#code.constant('text', fieldDescription(fieldClass, this.#classes, place, this.#escapes));
    this.#out.putAnyLength(`putText(O, o, LIMIT, ${describe}(${value}, ${JSON.stringify(indent)}))`);
  }

  #integer(fieldClass: IntegerFieldClass, place: string, indent: string): void {
    const { base } = fieldClass;
    if (base === 8) {
      this.#general(fieldClass, place, indent);
      return;
    }
    const integer = this.#record.integer(fieldClass, place);
    const words = integer.width === 'word' ? integer.name : `${integer.high}, ${integer.low}`;
    const name = `put${integer.width === 'word' ? '' : 'TwoWords'}Grouped${base === 10 ? '' : 'Hexadecimal'}`;
    this.#out.text(' ');
    this.#out.put(`${name}(D, o, ${words})`);
  }

  #structure(fieldClass: StructureFieldClass, place: string, indent: string): void {
    this.#record.structure(fieldClass);
    const inner = `${indent}  `;
    let isEmpty = true;
    for (const { name, fieldClass: memberClass } of fieldClass.members) {
      const memberAt = memberPlace(place, name);
      if (this.#classes.isShown(memberClass, memberAt)) {
        isEmpty = false;
        this.#out.text(`\n${inner}${visibleLine(name)}:`);
        this.field(memberClass, memberAt, inner);
      } else {
        this.#record.skip(memberClass, memberAt);
      }
    }
    if (isEmpty) this.#out.text(' Empty');
  }

  #array(fieldClass: StaticArrayFieldClass | DynamicArrayFieldClass, place: string, indent: string): void {
    const { element } = fieldClass;
    if (isTextElement(element)) {
      if (element.kind === 'integer' && isUtf8(element.encoding)) {
        this.#out.text(' ');
        this.#out.flush();
        copyTextArray(this.#code, this.#out, this.#record.textArray(fieldClass, place));
      } else {
        this.#general(fieldClass, place, indent);
      }
      return;
    }
    const inner = `${indent}  `;
    const out = this.#out;
    out.flush();
    const begin = (length: string) => {
      this.#code.line(`if (${length} === 0) {`);
      out.text(' Empty');
      out.flush();
      this.#code.line('} else {');
      out.text(' Length ');
      out.put(`putGrouped(D, o, ${length})`);
      out.text(':');
      out.flush();
      this.#code.line('}');
    };
    const each = (index: string) => {
      out.check();
      out.text(`\n${inner}[`);
      out.put(`putGrouped(D, o, ${index})`);
      out.text(']:');
      this.field(element, elementPlace(place), inner);
      out.flush();
    };
    this.#record.array(fieldClass, place, each, begin);
    out.check();
  }
}
