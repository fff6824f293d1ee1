import type { ScalarSpec } from '../encode/scalar.ts';
import { toText, utf8Bytes } from '../encode/text.ts';
import { labelTable, toBytes, toEnumerator, toList } from '../encode/values.ts';
import { beginsWithList, type FilterScope, findPlace, type PlaceLeaf, type PlaceStep } from './argument-place.ts';
import { asWritten, dynamicOperand, isWrittenAs, matchesAsWritten } from './argument-text.ts';
import { evaluatorOf } from './evaluate.ts';
import {
  type BinaryOperator,
  beginningOf,
  type FilterExpression,
  type FilterField,
  type UnaryOperator,
} from './filter-ast.ts';
import { bitAnd, bitOr, bitXor, complement, integer64, narrow, negate, shiftLeft, shiftRight } from './operators.ts';

/** A filter over the arguments of a tracepoint as source text, to be put into a generated function. */
export interface FilterSource {
  /**
   * Statements that leave the block labelled `label` unless the filter is true. They may throw, and they may assign an
   * argument: a list that can be read only once becomes an array.
   */
  readonly text: string;
  /** Values that the text refers to by name. */
  readonly constants: ReadonlyMap<string, unknown>;
}

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
 * @param argumentNames one identifier per field of the scope, which the text may assign
 * @param label of the surrounding block; also the end of every name that the text declares and of every constant of its
 *   own
 */
export function emitArgumentFilter(
  expression: FilterExpression,
  scope: FilterScope,
  argumentNames: readonly string[],
  label: string,
): FilterSource {
  const emitter = new FilterEmitter(scope, argumentNames, label);
  emitter.require(expression);
  return { text: emitter.lines.join('\n'), constants: emitter.constants };
}

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
interface Operand {
  readonly kind: 'truth' | 'small' | 'exact' | 'wide' | 'real' | 'text' | 'dynamic';
  readonly code: string;
  /** Of a text with a star at its end: the length up to which texts that it is compared with count. */
  readonly upTo?: number | undefined;
}

/** A method that returns undefined has left the block: its operand is missing in all events. */
class FilterEmitter {
  readonly lines: string[] = [];
  readonly constants = new Map<string, unknown>(Object.entries(FILTER_FUNCTIONS));
  readonly #scope: FilterScope;
  readonly #argumentNames: readonly string[];
  readonly #label: string;
  #names = 0;

  constructor(scope: FilterScope, argumentNames: readonly string[], label: string) {
    this.#scope = scope;
    this.#argumentNames = argumentNames;
    this.#label = label;
  }

  /** Continues only where the expression is true. */
  require(expression: FilterExpression): void {
    if (expression.kind === 'binary' && expression.operator === '&&') {
      this.require(expression.left);
      this.require(expression.right);
      return;
    }
    const truth = this.#truth(this.#operand(expression));
    if (truth !== undefined) this.#leaveIf(`!(${truth})`);
  }

  #operand(expression: FilterExpression): Operand | undefined {
    switch (expression.kind) {
      case 'integer':
        return numberLiteral(narrow(expression.value));
      case 'real':
        return { kind: 'real', code: String(expression.value) };
      case 'text':
        return { kind: 'text', code: JSON.stringify(expression.pattern[0]), upTo: beginningOf(expression) };
      case 'field':
        return this.#field(expression);
      case 'unary':
        return this.#unary(expression.operator, this.#operand(expression.operand));
      case 'binary':
        return this.#binary(expression);
    }
  }

  #unary(operator: UnaryOperator, operand: Operand | undefined): Operand | undefined {
    if (operator === '!') {
      const truth = this.#truth(operand);
      return truth === undefined ? undefined : { kind: 'truth', code: `!(${truth})` };
    }
    const number = this.#number(operand);
    if (number === undefined || operator === '+') return number;
    const { kind, code } = number;
    if (operator === '~') {
      return kind === 'small' ? { kind, code: `(~${code})` } : this.#checked(kind, `complement(${code})`);
    }
    if (kind === 'small' || kind === 'exact') return { kind: 'exact', code: `(-${code})` };
    return { kind, code: `negate(${code})` };
  }

  #binary(expression: Extract<FilterExpression, { kind: 'binary' }>): Operand | undefined {
    const { operator, left, right } = expression;
    if (operator === '&&' || operator === '||') return this.#logical(operator, left, right);
    if (left.kind === 'text' && right.kind === 'text') {
      const isTrue = evaluatorOf(expression, () => () => undefined)(undefined);
      return { kind: 'truth', code: String(isTrue) };
    }
    if (operator === '==' || operator === '!=') {
      if (left.kind === 'text') return this.#textEquality(operator, right, left.pattern);
      if (right.kind === 'text') return this.#textEquality(operator, left, right.pattern);
    }
    const one = this.#operand(left);
    if (one === undefined) return undefined;
    const two = this.#operand(right);
    if (two === undefined) return undefined;
    return COMPARISONS.has(operator) ? this.#comparison(operator, one, two) : this.#bitwise(operator, one, two);
  }

  #logical(operator: '&&' | '||', left: FilterExpression, right: FilterExpression): Operand | undefined {
    const first = this.#truth(this.#operand(left));
    if (first === undefined) return undefined;
    const result = this.#name('both');
    this.lines.push(`let ${result} = ${first};`, `if (${operator === '&&' ? result : `!${result}`}) {`);
    const second = this.#truth(this.#operand(right));
    if (second !== undefined) this.lines.push(`${result} = ${second};`);
    this.lines.push('}');
    return { kind: 'truth', code: result };
  }

  #textEquality(operator: '==' | '!=', other: FilterExpression, pattern: readonly string[]): Operand | undefined {
    const text = this.#text(this.#operand(other));
    if (text === undefined) return undefined;
    const wanted = pattern[0] as string;
    const code =
      pattern.length > 1
        ? `matchesAsWritten(${this.#constant('pattern', pattern)}, ${text})`
        : wanted.includes('\0')
          ? 'false'
          : `isWrittenAs(${text}, ${JSON.stringify(wanted)})`;
    return { kind: 'truth', code: operator === '==' ? code : `!${code}` };
  }

  #comparison(operator: BinaryOperator, one: Operand, two: Operand): Operand | undefined {
    if (one.kind === 'text' || two.kind === 'text') {
      const a = this.#text(one);
      const b = a === undefined ? undefined : this.#text(two);
      if (a === undefined || b === undefined) return undefined;
      const end = one.upTo ?? two.upTo;
      const compared = (text: string) => `asWritten(${text})${end === undefined ? '' : `.slice(0, ${end})`}`;
      return { kind: 'truth', code: `(${compared(a)} ${operator} ${compared(b)})` };
    }
    if (one.kind === 'dynamic' && two.kind === 'dynamic') {
      this.#leaveIf(`(typeof ${one.code} === 'string') !== (typeof ${two.code} === 'string')`);
      return { kind: 'truth', code: `(${one.code} ${operator} ${two.code})` };
    }
    const a = this.#number(one);
    const b = a === undefined ? undefined : this.#number(two);
    if (a === undefined || b === undefined) return undefined;
    // JavaScript compares a number and a bigint by value, but never as identical.
    const isStrict = !isWide(a) && !isWide(b) && (operator === '==' || operator === '!=');
    return { kind: 'truth', code: `(${a.code} ${operator}${isStrict ? '=' : ''} ${b.code})` };
  }

  #bitwise(operator: BinaryOperator, one: Operand, two: Operand): Operand | undefined {
    const a = this.#number(one);
    const b = a === undefined ? undefined : this.#number(two);
    if (a === undefined || b === undefined) return undefined;
    const isShift = operator === '<<' || operator === '>>';
    if (!isShift && a.kind === 'small' && b.kind === 'small') {
      return { kind: 'small', code: `(${a.code} ${operator} ${b.code})` };
    }
    const call = `${BITWISE_FUNCTIONS[operator as keyof typeof BITWISE_FUNCTIONS]}(${a.code}, ${b.code})`;
    return this.#checked(isShift || a.kind === 'real' || b.kind === 'real' ? 'real' : 'wide', call);
  }

  /** Integer result of a call, which is undefined if an operand is no integer or the shift is too large. */
  #checked(kind: Operand['kind'], call: string): Operand {
    if (kind !== 'real') return { kind: 'wide', code: call };
    const result = this.#local('bits', call);
    this.#leaveIf(`${result} === undefined`);
    return { kind: 'wide', code: result };
  }

  #truth(operand: Operand | undefined): string | undefined {
    if (operand?.kind === 'truth') return operand.code;
    const number = this.#number(operand);
    if (number === undefined) return undefined;
    return isWide(number) ? `${number.code} != 0` : `${number.code} !== 0`;
  }

  #number(operand: Operand | undefined): Operand | undefined {
    switch (operand?.kind) {
      case undefined:
        return undefined;
      case 'text':
        return this.#missing();
      case 'truth':
        return { kind: 'small', code: `(${operand.code} ? 1 : 0)` };
      case 'dynamic':
        this.#leaveIf(`typeof ${operand.code} === 'string'`);
        return { kind: 'real', code: operand.code };
      default:
        return operand;
    }
  }

  #text(operand: Operand | undefined): string | undefined {
    if (operand === undefined) return undefined;
    if (operand.kind === 'dynamic') this.#leaveIf(`typeof ${operand.code} !== 'string'`);
    else if (operand.kind !== 'text') return this.#missing();
    return operand.code;
  }

  #field(field: FilterField): Operand | undefined {
    const place = findPlace(field, this.#scope);
    if (place === undefined) return this.#missing();
    let value: string;
    if (place.root.kind === 'argument') {
      value = this.#argumentNames[place.root.index] as string;
      if (beginsWithList(place)) this.lines.push(`if (${value} != null) ${value} = toList(${value});`);
    } else {
      const { context } = place.root;
      if (context.inline === undefined) value = `${this.#constant('context', context)}.read()`;
      else {
        value = context.inline.expression;
        for (const [name, constant] of Object.entries(context.inline.constants)) this.constants.set(name, constant);
      }
      value = this.#local('context', value);
    }
    for (const step of place.steps) value = this.#step(step, value);
    return this.#leaf(place.leaf, value);
  }

  #step(step: PlaceStep, value: string): string {
    switch (step.kind) {
      case 'member':
        return this.#local('member', `${value}[${JSON.stringify(step.name)}]`);
      case 'present':
        this.#leaveIf(`${value} === undefined || ${value} === null`);
        return value;
      case 'byte': {
        const bytes = this.#local('bytes', `toBytes(${value})`);
        this.#leaveIf(`!(${step.index} < ${bytes}.length)`);
        return `${bytes}[${step.index}]`;
      }
      case 'element': {
        const list = this.#local('list', `toList(${value})`);
        const isThere = `${step.index} < ${list}.length`;
        if (step.filler === undefined) {
          this.#leaveIf(`!(${isThere})`);
          return this.#local('element', `${list}[${step.index}]`);
        }
        const filler = this.#constant('filler', step.filler.value);
        return this.#local('element', `${isThere} ? ${list}[${step.index}] : ${filler}`);
      }
    }
  }

  #leaf(leaf: PlaceLeaf, value: string): Operand {
    switch (leaf.kind) {
      case 'scalar': {
        const { kind, code } = this.#scalar(leaf.spec, value);
        return { kind, code: this.#local('field', code) };
      }
      case 'text':
        return { kind: 'text', code: this.#local('text', `toText(${value})`) };
      case 'presence':
        return { kind: 'truth', code: `(${value} !== undefined && ${value} !== null)` };
      case 'dynamic': {
        const dynamic = this.#local('dynamic', `dynamicOperand(${value})`);
        this.#leaveIf(`${dynamic} === undefined`);
        return { kind: 'dynamic', code: dynamic };
      }
      case 'length': {
        const lengths = {
          list: `toList(${value}).length`,
          bytes: `toBytes(${value}).length`,
          text: `utf8Bytes(toText(${value}), false)`,
        };
        return { kind: 'exact', code: this.#local('length', lengths[leaf.of]) };
      }
    }
  }

  /** The value that the field will hold: integers wrap as in a typed array, which throws for the same values. */
  #scalar(spec: ScalarSpec, value: string): Operand {
    if (spec.kind === 'boolean') return { kind: 'small', code: `${value} ? 1 : 0` };
    if (spec.kind === 'enumeration') {
      return this.#scalar(spec.container, `toEnumerator(${this.#constant('labels', labelTable(spec))}, ${value})`);
    }
    if (spec.kind === 'float') return { kind: 'real', code: spec.bits === 64 ? `+${value}` : `Math.fround(${value})` };
    const { bits, signed } = spec;
    if (bits === 64) return { kind: 'wide', code: `integer64(${value})` };
    if (bits === 32)
      return signed ? { kind: 'small', code: `${value} | 0` } : { kind: 'exact', code: `${value} >>> 0` };
    const unused = 32 - bits;
    return { kind: 'small', code: `${value} << ${unused} ${signed ? '>>' : '>>>'} ${unused}` };
  }

  #missing(): undefined {
    this.lines.push(`break ${this.#label};`);
  }

  #leaveIf(condition: string): void {
    this.lines.push(`if (${condition}) break ${this.#label};`);
  }

  #local(prefix: string, expression: string): string {
    const name = this.#name(prefix);
    this.lines.push(`const ${name} = ${expression};`);
    return name;
  }

  #constant(prefix: string, value: unknown): string {
    const name = this.#name(prefix);
    this.constants.set(name, value);
    return name;
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#names++}_${this.#label}`;
  }
}

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['<', '<=', '>', '>=', '==', '!=']);

const BITWISE_FUNCTIONS = {
  '&': 'bitAnd',
  '|': 'bitOr',
  '^': 'bitXor',
  '<<': 'shiftLeft',
  '>>': 'shiftRight',
} as const;

function isWide({ kind }: Operand): boolean {
  return kind === 'wide' || kind === 'real';
}

function numberLiteral(value: number | bigint): Operand {
  if (typeof value === 'bigint') return { kind: 'wide', code: `(${value}n)` };
  return { kind: (value | 0) === value ? 'small' : 'exact', code: value < 0 ? `(${value})` : String(value) };
}
