import type { FieldSpec, NamedFieldSpec, StructureSpec } from '../schema/field-spec.ts';
import { buildFieldEncoder } from './closure-encoder.ts';
import { isScalar, type ScalarSpec, scalarBytes, setterOf, typedArrayOf } from './scalar.ts';
import { putRepeatedString, putText, RepeatedText, toText, utf8Bytes } from './text.ts';
import { copyBytes, labelTable, putI64, putU64, toBytes, toEnumerator, toList } from './values.ts';
import { emitIsWrong, type WrongValues } from './wrong-values.ts';

/**
 * Source text that encodes the fields of one event, to be put into a generated function.
 *
 * The text uses `dv`, `u8` (the memory), `p` (a `let`: the position, advanced past the fields), `scratch`, the argument
 * names, and the constants. `prepare` does every conversion whose result has a size, so that the size is known
 * before a byte is written; `write` may still throw while it converts a number, and the record is then given up.
 */
export interface EncoderSource {
  readonly prepare: string;
  /** Expression: an upper bound of the size in bytes, cheap to compute. */
  readonly sizeMax: string;
  /** Expression: the exact size in bytes, for when the upper bound does not fit. */
  readonly sizeExact: string;
  readonly write: string;
  /** Whether `prepare` leaves something in the scratch memory. */
  readonly usesScratch: boolean;
  /** Values that the text refers to by name. */
  readonly constants: ReadonlyMap<string, unknown>;
}

/** Captured at load: programs may replace them. */
const { asIntN, asUintN } = BigInt;
const { floor } = Math;

/** Longest list that is written element by element, although one copy could write it whole. */
const ELEMENTWISE_MAX = 32;

/** The functions that generated encoders call, by the name they call them. */
const ENCODER_FUNCTIONS = {
  asIntN,
  asUintN,
  copyBytes,
  floor,
  putI64,
  putRepeatedString,
  putText,
  putU64,
  toBytes,
  toEnumerator,
  toList,
  toText,
  utf8Bytes,
};

/**
 * @param argumentNames one identifier per field, declared by the surrounding function
 * @param suffix of every name that the text declares and of every constant of its own, so that several encoders can
 *   stand in one function
 * @param wrongValues gets values that do not fit; a place may get a value more than once for an event. Absent: the text
 *   has no checks
 */
export function emitEventEncoder(
  fields: readonly NamedFieldSpec[],
  argumentNames: readonly string[],
  suffix = '',
  wrongValues?: WrongValues,
): EncoderSource {
  const emitter = new EncoderEmitter(suffix, wrongValues);
  fields.forEach((field, i) => {
    emitter.field(field.spec, argumentNames[i] as string, field.name);
  });
  return emitter.finish();
}

class EncoderEmitter {
  readonly #suffix: string;
  readonly #wrongValues: WrongValues | undefined;
  readonly #constants = new Map<string, unknown>(Object.entries(ENCODER_FUNCTIONS));
  readonly #prepare: string[] = [];
  readonly #write: string[] = [];
  readonly #sizeMax: string[] = [];
  readonly #sizeExact: string[] = [];
  #fixedBytes = 0;
  /** Bytes written since `p` was last advanced: fixed fields use constant offsets. */
  #offset = 0;
  #names = 0;
  #usesScratch = false;

  constructor(suffix: string, wrongValues: WrongValues | undefined) {
    this.#suffix = suffix;
    this.#wrongValues = wrongValues;
  }

  /** @param path of the field, for `WrongValues` */
  field(spec: FieldSpec, value: string, path: string): void {
    if (isScalar(spec)) this.#scalar(spec, value, path);
    else if (spec.kind === 'string') this.#string(spec, value, path);
    else if (spec.kind === 'text') this.#text(spec, value, path);
    else if (spec.kind === 'bytes') this.#bytes(spec, value, path);
    else if (spec.kind === 'structure') this.#structure(spec, value, path);
    else if (spec.kind === 'sequence' && isScalar(spec.element)) this.#scalarSequence(spec.element, value, path);
    else if (spec.kind !== 'filter-only') this.#throughScratch(spec, value, path);
  }

  finish(): EncoderSource {
    this.#advance();
    const fixed = String(this.#fixedBytes);
    return {
      prepare: this.#prepare.join('\n'),
      sizeMax: [fixed, ...this.#sizeMax].join(' + '),
      sizeExact: [fixed, ...this.#sizeExact].join(' + '),
      write: this.#write.join('\n'),
      usesScratch: this.#usesScratch,
      constants: this.#constants,
    };
  }

  #scalar(spec: ScalarSpec, value: string, path: string): void {
    this.#write.push(this.#store(spec, this.#at(), value, this.#wrong(spec, path)));
    this.#offset += scalarBytes(spec);
    this.#fixedBytes += scalarBytes(spec);
  }

  /** Statements that check a scalar, and store it at a position. */
  #store(spec: ScalarSpec, at: string, value: string, wrong: string | undefined): string {
    if (spec.kind === 'enumeration') {
      const labels = this.#constant('labels', labelTable(spec));
      const enumerator = this.#name('enumerator');
      const store = this.#store(spec.container, at, enumerator, wrong);
      return `const ${enumerator} = toEnumerator(${labels}, ${value}, ${wrong}); ${store}`;
    }
    const check = wrong === undefined ? '' : `if (${emitIsWrong(spec, value)}) ${wrong}(${value});`;
    if (spec.kind === 'boolean') return `${check} u8[${at}] = ${value} ? 1 : 0;`;
    const setter = setterOf(spec);
    if (setter === 'put64') return storeWide(spec.kind === 'integer' && spec.signed, at, value, wrong);
    return `${check} dv.${setter}(${at}, ${value}, true);`;
  }

  #string(spec: FieldSpec, value: string, path: string): void {
    const text = this.#toText(spec, value, path);
    this.#sizeMax.push(`${text}.length * 3 + 1`);
    this.#sizeExact.push(`utf8Bytes(${text}, true) + 1`);
    this.#advance();
    const former = this.#constant('former', new RepeatedText());
    this.#write.push(`p = putRepeatedString(dv, u8, p, ${text}, ${former});`);
  }

  #text(spec: FieldSpec, value: string, path: string): void {
    const text = this.#toText(spec, value, path);
    this.#sizeMax.push(`${text}.length * 3 + 4`);
    this.#sizeExact.push(`utf8Bytes(${text}, false) + 4`);
    this.#advance();
    this.#write.push(`p = putText(dv, u8, p, ${text});`);
  }

  #toText(spec: FieldSpec, value: string, path: string): string {
    const wrong = this.#wrong(spec, path);
    const convert = wrong === undefined ? `toText(${value})` : `(${wrong}(${value}), toText(${value}))`;
    return this.#local('text', `typeof ${value} === 'string' ? ${value} : ${convert}`);
  }

  #bytes(spec: FieldSpec, value: string, path: string): void {
    const bytes = this.#local('bytes', `toBytes(${value}, ${this.#wrong(spec, path)})`);
    const count = this.#local('count', `${bytes}.length`);
    this.#size(`${count} + 4`);
    this.#advance();
    this.#write.push(`dv.setUint32(p, ${count}, true);`);
    this.#write.push(`copyBytes(u8, p + 4, ${bytes}, 0, ${count}); p += ${count} + 4;`);
  }

  /** Reads every member once, before anything is written: a getter may answer differently the second time. */
  #structure(spec: StructureSpec, value: string, path: string): void {
    const wrong = this.#wrong(spec, path);
    if (wrong !== undefined) this.#prepare.push(`if (${value} === undefined || ${value} === null) ${wrong}(${value});`);
    for (const { name, spec: member } of spec.members) {
      this.field(member, this.#local('member', `${value}[${JSON.stringify(name)}]`), `${path}.${name}`);
    }
  }

  #scalarSequence(element: ScalarSpec, value: string, path: string): void {
    const list = this.#local('list', `toList(${value}, ${this.#wrong({ kind: 'sequence', element }, path)})`);
    const count = this.#local('count', `${list}.length`);
    const bytes = scalarBytes(element);
    this.#size(`${count} * ${bytes} + 4`);
    this.#advance();
    this.#write.push(`dv.setUint32(p, ${count}, true); p += 4;`);
    const store = this.#store(element, 'p', 'element', this.#wrong(element, `${path}[]`));
    const each = `for (let i = 0; i < ${count}; i++) { const element = ${list}[i]; ${store} p += ${bytes}; }`;
    const whole = typedArrayOf(element);
    if (whole === undefined) {
      this.#write.push(each);
      return;
    }
    const Whole = this.#constant('Whole', whole);
    this.#write.push(
      `if (${count} > ${ELEMENTWISE_MAX} && ${list} instanceof ${Whole}) {`,
      `copyBytes(u8, p, toBytes(${list}), 0, ${count} * ${bytes}); p += ${count} * ${bytes};`,
      `} else ${each}`,
    );
  }

  #throughScratch(spec: FieldSpec, value: string, path: string): void {
    this.#usesScratch = true;
    const encode = this.#constant('encode', buildFieldEncoder(spec, path, this.#wrongValues));
    const start = this.#local('start', 'scratch.top');
    this.#prepare.push(`${encode}(scratch, ${value});`);
    const count = this.#local('count', `scratch.top - ${start}`);
    this.#size(count);
    this.#advance();
    this.#write.push(`copyBytes(u8, p, scratch.u8, ${start}, ${count}); p += ${count};`);
  }

  /** The name of the receiver of wrong values of a place; undefined without checks. */
  #wrong(spec: FieldSpec, path: string): string | undefined {
    const wrong = this.#wrongValues?.(path, spec);
    return wrong && this.#constant('wrong', wrong);
  }

  #size(expression: string): void {
    this.#sizeMax.push(expression);
    this.#sizeExact.push(expression);
  }

  #local(prefix: string, expression: string): string {
    const name = this.#name(prefix);
    this.#prepare.push(`const ${name} = ${expression};`);
    return name;
  }

  #constant(prefix: string, value: unknown): string {
    const name = this.#name(prefix);
    this.#constants.set(name, value);
    return name;
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#names++}${this.#suffix}`;
  }

  #at(): string {
    return this.#offset === 0 ? 'p' : `p + ${this.#offset}`;
  }

  #advance(): void {
    if (this.#offset > 0) this.#write.push(`p += ${this.#offset};`);
    this.#offset = 0;
  }
}

/** Statements that check and store an integer of 64 bits. A value that fits needs no call. */
function storeWide(signed: boolean, at: string, value: string, wrong: string | undefined): string {
  const put = `${signed ? 'putI64' : 'putU64'}(dv, ${at}, ${value}, ${wrong});`;
  const check =
    wrong === undefined ? '' : `if (${signed ? 'asIntN' : 'asUintN'}(64, ${value}) !== ${value}) ${wrong}(${value});`;
  // Two halves of 32 bits without a rest prove that the number is an integer, and in the range.
  return `if (typeof ${value} === 'number') {
      const high = floor(${value} / 4294967296), low = ${value} - high * 4294967296;
      const highBits = high ${signed ? '|' : '>>>'} 0, lowBits = low >>> 0;
      if (highBits === high && lowBits === low) {
        dv.setUint32(${at}, lowBits, true);
        dv.setUint32(${at} + 4, highBits, true);
      } else ${put}
    } else if (typeof ${value} === 'bigint') {
      dv.setBigUint64(${at}, ${value}, true);
      ${check}
    } else ${put}`;
}
