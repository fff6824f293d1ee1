import type { FilterScope } from './argument-place.ts';
import { evaluatorOf } from './evaluate.ts';
import { FieldOperands } from './field-operands.ts';
import { type BinaryOperator, beginningOf, type FilterExpression, type UnaryOperator } from './filter-ast.ts';
import { FilterBlock, type Operand } from './filter-block.ts';
import { narrow } from './operators.ts';

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
  const block = new FilterBlock(label);
  new FilterEmitter(block, new FieldOperands(block, scope, argumentNames)).require(expression);
  return { text: block.lines.join('\n'), constants: block.constants };
}

/** A method that returns undefined has left the block: its operand is missing in all events. */
class FilterEmitter {
  readonly #block: FilterBlock;
  readonly #fields: FieldOperands;

  constructor(block: FilterBlock, fields: FieldOperands) {
    this.#block = block;
    this.#fields = fields;
  }

  /** Continues only where the expression is true. */
  require(expression: FilterExpression): void {
    if (expression.kind === 'binary' && expression.operator === '&&') {
      this.require(expression.left);
      this.require(expression.right);
      return;
    }
    const truth = this.#truth(this.#operand(expression));
    if (truth !== undefined) this.#block.leaveIf(`!(${truth})`);
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
        return this.#fields.operand(expression);
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
    const result = this.#block.name('both');
    this.#block.lines.push(`let ${result} = ${first};`, `if (${operator === '&&' ? result : `!${result}`}) {`);
    const second = this.#truth(this.#operand(right));
    if (second !== undefined) this.#block.lines.push(`${result} = ${second};`);
    this.#block.lines.push('}');
    return { kind: 'truth', code: result };
  }

  #textEquality(operator: '==' | '!=', other: FilterExpression, pattern: readonly string[]): Operand | undefined {
    const text = this.#text(this.#operand(other));
    if (text === undefined) return undefined;
    const wanted = pattern[0] as string;
    const code =
      pattern.length > 1
        ? `matchesAsWritten(${this.#block.constant('pattern', pattern)}, ${text})`
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
      this.#block.leaveIf(`(typeof ${one.code} === 'string') !== (typeof ${two.code} === 'string')`);
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
    const result = this.#block.local('bits', call);
    this.#block.leaveIf(`${result} === undefined`);
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
        return this.#block.missing();
      case 'truth':
        return { kind: 'small', code: `(${operand.code} ? 1 : 0)` };
      case 'dynamic':
        this.#block.leaveIf(`typeof ${operand.code} === 'string'`);
        return { kind: 'real', code: operand.code };
      default:
        return operand;
    }
  }

  #text(operand: Operand | undefined): string | undefined {
    if (operand === undefined) return undefined;
    if (operand.kind === 'dynamic') this.#block.leaveIf(`typeof ${operand.code} !== 'string'`);
    else if (operand.kind !== 'text') return this.#block.missing();
    return operand.code;
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
