import type { FieldSpec, NamedFieldSpec, StructureSpec } from '../schema/field-spec.ts';
import { buildFieldEncoder } from './closure-encoder.ts';
import { isScalar, type ScalarSpec, scalarBytes, setterOf, typedArrayOf } from './scalar.ts';
import { putRepeatedString, putText, RepeatedText, toText, utf8Bytes } from './text.ts';
import { copyBytes, labelTable, put64, toBytes, toEnumerator, toList } from './values.ts';

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

/** Longest list that is written element by element, although one copy could write it whole. */
const ELEMENTWISE_MAX = 32;

/** The functions that generated encoders call, by the name they call them. */
const ENCODER_FUNCTIONS = {
  copyBytes,
  put64,
  putRepeatedString,
  putText,
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
 */
export function emitEventEncoder(
  fields: readonly NamedFieldSpec[],
  argumentNames: readonly string[],
  suffix = '',
): EncoderSource {
  const emitter = new EncoderEmitter(suffix);
  fields.forEach((field, i) => {
    emitter.field(field.spec, argumentNames[i] as string);
  });
  return emitter.finish();
}

class EncoderEmitter {
  readonly #suffix: string;
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

  constructor(suffix: string) {
    this.#suffix = suffix;
  }

  field(spec: FieldSpec, value: string): void {
    if (isScalar(spec)) this.#scalar(spec, value);
    else if (spec.kind === 'string') this.#string(value);
    else if (spec.kind === 'text') this.#text(value);
    else if (spec.kind === 'bytes') this.#bytes(value);
    else if (spec.kind === 'structure') this.#structure(spec, value);
    else if (spec.kind === 'sequence' && isScalar(spec.element)) this.#scalarSequence(spec.element, value);
    else if (spec.kind !== 'filter-only') this.#throughScratch(spec, value);
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

  #scalar(spec: ScalarSpec, value: string): void {
    this.#write.push(this.#store(spec, this.#at(), value));
    this.#offset += scalarBytes(spec);
    this.#fixedBytes += scalarBytes(spec);
  }

  /** The statement that stores a scalar at a position. */
  #store(spec: ScalarSpec, at: string, value: string): string {
    if (spec.kind === 'boolean') return `u8[${at}] = ${value} ? 1 : 0;`;
    if (spec.kind === 'enumeration') {
      const labels = this.#constant('labels', labelTable(spec));
      return this.#store(spec.container, at, `toEnumerator(${labels}, ${value})`);
    }
    const setter = setterOf(spec);
    return setter === 'put64' ? `put64(dv, ${at}, ${value});` : `dv.${setter}(${at}, ${value}, true);`;
  }

  #string(value: string): void {
    const text = this.#local('text', `toText(${value})`);
    this.#sizeMax.push(`${text}.length * 3 + 1`);
    this.#sizeExact.push(`utf8Bytes(${text}, true) + 1`);
    this.#advance();
    const former = this.#constant('former', new RepeatedText());
    this.#write.push(`p = putRepeatedString(dv, u8, p, ${text}, ${former});`);
  }

  #text(value: string): void {
    const text = this.#local('text', `toText(${value})`);
    this.#sizeMax.push(`${text}.length * 3 + 4`);
    this.#sizeExact.push(`utf8Bytes(${text}, false) + 4`);
    this.#advance();
    this.#write.push(`p = putText(dv, u8, p, ${text});`);
  }

  #bytes(value: string): void {
    const bytes = this.#local('bytes', `toBytes(${value})`);
    const count = this.#local('count', `${bytes}.length`);
    this.#size(`${count} + 4`);
    this.#advance();
    this.#write.push(`dv.setUint32(p, ${count}, true);`);
    this.#write.push(`copyBytes(u8, p + 4, ${bytes}, 0, ${count}); p += ${count} + 4;`);
  }

  /** Reads every member once, before anything is written: a getter may answer differently the second time. */
  #structure(spec: StructureSpec, value: string): void {
    for (const member of spec.members) {
      this.field(member.spec, this.#local('member', `${value}[${JSON.stringify(member.name)}]`));
    }
  }

  #scalarSequence(element: ScalarSpec, value: string): void {
    const list = this.#local('list', `toList(${value})`);
    const count = this.#local('count', `${list}.length`);
    const bytes = scalarBytes(element);
    this.#size(`${count} * ${bytes} + 4`);
    this.#advance();
    this.#write.push(`dv.setUint32(p, ${count}, true); p += 4;`);
    const each = `for (let i = 0; i < ${count}; i++) { ${this.#store(element, 'p', `${list}[i]`)} p += ${bytes}; }`;
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

  #throughScratch(spec: FieldSpec, value: string): void {
    this.#usesScratch = true;
    const encode = this.#constant('encode', buildFieldEncoder(spec));
    const start = this.#local('start', 'scratch.top');
    this.#prepare.push(`${encode}(scratch, ${value});`);
    const count = this.#local('count', `scratch.top - ${start}`);
    this.#size(count);
    this.#advance();
    this.#write.push(`copyBytes(u8, p, scratch.u8, ${start}, ${count}); p += ${count};`);
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
