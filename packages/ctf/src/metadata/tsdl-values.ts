import type { ByteOrder, DisplayBase } from '../model/field-class.ts';
import type { MetadataError } from './parse-error.ts';
import type { Expression } from './tsdl-ast.ts';
import type { TsdlLexer } from './tsdl-lexer.ts';

const BASES: Readonly<Record<string, DisplayBase>> = {
  decimal: 10,
  dec: 10,
  d: 10,
  i: 10,
  u: 10,
  hexadecimal: 16,
  hex: 16,
  x: 16,
  X: 16,
  p: 16,
  octal: 8,
  oct: 8,
  o: 8,
  binary: 2,
  bin: 2,
  b: 2,
};

const ENCODINGS: Readonly<Record<string, 'none' | 'utf8' | 'ascii'>> = {
  none: 'none',
  utf8: 'utf8',
  'utf-8': 'utf8',
  ascii: 'ascii',
};

/** Reads the values of attributes, with an error at the place of a wrong one. */
export class TsdlValues {
  readonly #errorAt: TsdlLexer['error'];

  constructor(errorAt: TsdlLexer['error']) {
    this.#errorAt = errorAt;
  }

  error(message: string, at: number): MetadataError {
    return this.#errorAt('SEMANTICS', message, at);
  }

  unsupported(message: string, at: number): MetadataError {
    return this.#errorAt('UNSUPPORTED', message, at);
  }

  bigint(expression: Expression): bigint {
    if (expression.kind !== 'integer') throw this.error('an integer is needed here', expression.at);
    return expression.value;
  }

  unsigned(expression: Expression): bigint {
    const value = this.bigint(expression);
    if (value < 0n || value >= 1n << 64n) throw this.error(`${value} is out of range`, expression.at);
    return value;
  }

  /** A signed integer of 64 bits. */
  signed(expression: Expression): bigint {
    const value = this.bigint(expression);
    if (BigInt.asIntN(64, value) !== value) throw this.error(`${value} is out of range`, expression.at);
    return value;
  }

  /** An unsigned integer that fits into a number. */
  count(expression: Expression): number {
    const value = this.unsigned(expression);
    if (value > 0xffff_ffffn) throw this.unsupported(`${value} is too large`, expression.at);
    return Number(value);
  }

  /**
   * Tracers add attributes of their own. Readers ignore attributes with a text or a word. A number may describe the
   * layout of data, so it is refused.
   */
  refuseUnknown(name: string, value: Expression, at: number): void {
    if (value.kind === 'integer') throw this.error(`the attribute ${name} is not known`, at);
  }

  /** A string, or a word that stands for itself. */
  text(expression: Expression): string {
    if (expression.kind === 'integer') throw this.error('a text is needed here', expression.at);
    return expression.kind === 'string' ? expression.value : expression.words.join('.');
  }

  /** A word that is not in quotes. */
  word(expression: Expression): string {
    if (expression.kind !== 'path') throw this.error('a word is needed here', expression.at);
    return expression.words.join('.');
  }

  string(expression: Expression): string {
    if (expression.kind !== 'string') throw this.error('a text in quotes is needed here', expression.at);
    return expression.value;
  }

  boolean(expression: Expression): boolean {
    const text = expression.kind === 'integer' ? String(expression.value) : this.word(expression);
    if (['1', 'true', 'TRUE'].includes(text)) return true;
    if (['0', 'false', 'FALSE'].includes(text)) return false;
    throw this.error('true or false is needed here', expression.at);
  }

  align(expression: Expression, alignBitsMax: number): number {
    const value = this.unsigned(expression);
    if (value === 0n || (value & (value - 1n)) !== 0n) {
      throw this.error(`an alignment of ${value} is no power of two`, expression.at);
    }
    if (value > alignBitsMax) throw this.unsupported(`an alignment of ${value} bits`, expression.at);
    return Number(value);
  }

  byteOrder(expression: Expression, native: ByteOrder | undefined): ByteOrder {
    const text = this.word(expression);
    if (text === 'be' || text === 'network') return 'be';
    if (text === 'le') return 'le';
    if (text !== 'native') throw this.error(`there is no byte order ${text}`, expression.at);
    if (native === undefined) throw this.error('the native byte order is not known', expression.at);
    return native;
  }

  base(expression: Expression): DisplayBase {
    let base: DisplayBase | undefined;
    if (expression.kind === 'integer') base = ([2, 8, 10, 16] as const).find((b) => BigInt(b) === expression.value);
    if (expression.kind === 'path') base = lookUp(BASES, expression.words.join('.'));
    if (base === undefined) throw this.error('the base is one of 2, 8, 10 and 16', expression.at);
    return base;
  }

  encoding(expression: Expression): 'none' | 'utf8' | 'ascii' {
    const encoding = lookUp(ENCODINGS, this.text(expression).toLowerCase());
    if (encoding === undefined) throw this.error('the encoding is one of none, UTF8 and ASCII', expression.at);
    return encoding;
  }

  uuid(expression: Expression): string {
    const text = this.string(expression);
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
      throw this.error('this is not a UUID', expression.at);
    return text.toLowerCase();
  }
}

function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
