import { toText, utf8Bytes } from '../encode/text.ts';
import { toBytes, toEnumerator, toList } from '../encode/values.ts';
import { asWritten, dynamicOperand, isWrittenAs, matchesAsWritten } from './argument-text.ts';
import { bitAnd, bitOr, bitXor, complement, integer64, negate, shiftLeft, shiftRight } from './operators.ts';

/** The functions that generated filters call, by the name they call them. */
const FILTER_FUNCTIONS = {
  asWritten,
  bitAnd,
  bitOr,
  bitXor,
  complement,
  dynamicOperand,
  integer64,
  isWrittenAs,
  matchesAsWritten,
  negate,
  shiftLeft,
  shiftRight,
  toBytes,
  toEnumerator,
  toList,
  toText,
  utf8Bytes,
};

/**
 * An expression in the generated text, and what it can be:
 *
 * - `truth`  a boolean, which stands for 1 or 0
 * - `small`  a number that is a 32-bit integer
 * - `exact`  a number that is an integer
 * - `wide`   an integer, as a number or as a bigint
 * - `real`   any number; a bigint too
 * - `text`   a string as the application passed it
 * - `dynamic` what `real` is, or a string as it is in the trace
 */
export interface Operand {
  readonly kind: 'truth' | 'small' | 'exact' | 'wide' | 'real' | 'text' | 'dynamic';
  readonly code: string;
  /** Of a text with a star at its end: the length up to which texts that it is compared with count. */
  readonly upTo?: number | undefined;
}

/** A block of generated text: its lines, and the values that they refer to by name. */
export class FilterBlock {
  readonly lines: string[] = [];
  readonly constants = new Map<string, unknown>(Object.entries(FILTER_FUNCTIONS));
  readonly #label: string;
  #names = 0;

  /** @param label of the block, and the end of every name that it declares */
  constructor(label: string) {
    this.#label = label;
  }

  /** The operand is missing in all events: leaves the block. */
  missing(): undefined {
    this.lines.push(`break ${this.#label};`);
  }

  leaveIf(condition: string): void {
    this.lines.push(`if (${condition}) break ${this.#label};`);
  }

  /** Declares a constant of the block, and returns its name. */
  local(prefix: string, expression: string): string {
    const name = this.name(prefix);
    this.lines.push(`const ${name} = ${expression};`);
    return name;
  }

  /** Gives a value of this process a name in the text. */
  constant(prefix: string, value: unknown): string {
    const name = this.name(prefix);
    this.constants.set(name, value);
    return name;
  }

  /** A name that nothing else in the generated function has. */
  name(prefix: string): string {
    return `${prefix}_${this.#names++}_${this.#label}`;
  }
}
