import { matchesStarPattern } from '@ringtail/base';
import { type BinaryOperator, beginningOf, type FilterExpression, type FilterField, isGlob } from './filter-ast.ts';
import {
  bitAnd,
  bitOr,
  bitXor,
  complement,
  type FilterNumber,
  narrow,
  negate,
  shiftLeft,
  shiftRight,
} from './operators.ts';

/** An integer, a real number or a text; undefined where the subject lacks it, which makes the whole filter false. */
export type Operand = FilterNumber | string | undefined;

/** Finds an operand in the subject of the filter: an event of a trace, or the arguments of a tracepoint. */
export type Evaluate<Subject> = (subject: Subject) => Operand;

/**
 * Makes a predicate of a filter out of closures, as LTTng's tracers evaluate it: integers have 64 bits and a sign,
 * enumerations are integers; a field that is missing, a text where a number is needed and a shift beyond 63 bits make
 * all of it false, unless `&&` or `||` left them out. Unlike in LTTng, a real number is true whenever it is not zero:
 * there it is never true alone, and `&&` and `||` cut off its fraction first.
 *
 * @param fieldOf how each field of the filter is found
 */
export function evaluatorOf<Subject>(
  expression: FilterExpression,
  fieldOf: (field: FilterField) => Evaluate<Subject>,
): (subject: Subject) => boolean {
  const evaluate = compile(expression, fieldOf);
  return (subject) => isTrue(evaluate(subject)) === true;
}

function compile<S>(expression: FilterExpression, fieldOf: (field: FilterField) => Evaluate<S>): Evaluate<S> {
  switch (expression.kind) {
    case 'integer': {
      const value = narrow(expression.value);
      return () => value;
    }
    case 'real':
      return () => expression.value;
    case 'text': {
      const [text] = expression.pattern;
      return () => text;
    }
    case 'field':
      return fieldOf(expression);
    case 'unary':
      return unary(expression.operator, compile(expression.operand, fieldOf));
    case 'binary':
      return binary(expression, compile(expression.left, fieldOf), compile(expression.right, fieldOf));
  }
}

function binary<S>(
  { operator, left, right }: Extract<FilterExpression, { kind: 'binary' }>,
  wholeOne: Evaluate<S>,
  wholeTwo: Evaluate<S>,
): Evaluate<S> {
  const one = upTo(beginningOf(right), wholeOne);
  const two = upTo(beginningOf(left), wholeTwo);
  switch (operator) {
    case '&&':
      return (subject) => {
        const first = isTrue(one(subject));
        return first === true ? toNumber(isTrue(two(subject))) : toNumber(first);
      };
    case '||':
      return (subject) => {
        const first = isTrue(one(subject));
        return first === false ? toNumber(isTrue(two(subject))) : toNumber(first);
      };
    case '==':
    case '!=': {
      const wanted = operator === '==';
      const glob = [left, right].find((side) => side.kind === 'text' && isGlob(side.pattern));
      if (glob?.kind === 'text') {
        const { pattern } = glob;
        const other = glob === left ? two : one;
        return (subject) => {
          const text = other(subject);
          return typeof text === 'string' ? Number(matchesStarPattern(pattern, text) === wanted) : undefined;
        };
      }
      // A number and a bigint of one value are in order both ways, but not identical.
      const isEqual = (a: Comparable, b: Comparable) => a <= b && a >= b;
      return comparison(one, two, wanted ? isEqual : (a, b) => !isEqual(a, b));
    }
    case '<':
      return comparison(one, two, (a, b) => a < b);
    case '<=':
      return comparison(one, two, (a, b) => a <= b);
    case '>':
      return comparison(one, two, (a, b) => a > b);
    case '>=':
      return comparison(one, two, (a, b) => a >= b);
    default:
      return bitwise(operator, one, two);
  }
}

function upTo<S>(length: number | undefined, evaluate: Evaluate<S>): Evaluate<S> {
  if (length === undefined) return evaluate;
  return (subject) => {
    const value = evaluate(subject);
    return typeof value === 'string' ? value.slice(0, length) : value;
  };
}

type Comparable = FilterNumber | string;

function comparison<S>(
  one: Evaluate<S>,
  two: Evaluate<S>,
  compare: (a: Comparable, b: Comparable) => boolean,
): Evaluate<S> {
  return (subject) => {
    const a = one(subject);
    if (a === undefined) return undefined;
    const b = two(subject);
    if (b === undefined || (typeof a === 'string') !== (typeof b === 'string')) return undefined;
    return compare(a, b) ? 1 : 0;
  };
}

const BITWISE = { '&': bitAnd, '|': bitOr, '^': bitXor, '<<': shiftLeft, '>>': shiftRight } as const;

function bitwise<S>(operator: BinaryOperator, one: Evaluate<S>, two: Evaluate<S>): Evaluate<S> {
  const operate = BITWISE[operator as keyof typeof BITWISE];
  return (subject) => {
    const a = one(subject);
    if (a === undefined) return undefined;
    const b = two(subject);
    return b === undefined || typeof a === 'string' || typeof b === 'string' ? undefined : operate(a, b);
  };
}

function unary<S>(operator: string, operand: Evaluate<S>): Evaluate<S> {
  const operate = unaryOperation(operator);
  return (subject) => {
    const value = operand(subject);
    return value === undefined || typeof value === 'string' ? undefined : operate(value);
  };
}

function unaryOperation(operator: string): (value: FilterNumber) => FilterNumber | undefined {
  switch (operator) {
    case '!':
      return (value) => Number(!isTrue(value));
    case '~':
      return complement;
    case '-':
      return negate;
    default:
      return (value) => value;
  }
}

function isTrue(value: Operand): boolean | undefined {
  if (value === undefined || typeof value === 'string') return undefined;
  return typeof value === 'bigint' ? value !== 0n : value !== 0;
}

function toNumber(truth: boolean | undefined): number | undefined {
  return truth === undefined ? undefined : Number(truth);
}
