import type { EventMessage } from '../decode/messages.ts';
import { type FieldValue, type StructureValue, VariantValue } from '../decode/values.ts';
import { type BinaryOperator, type FilterExpression, type FilterField, matchesPattern } from './filter-ast.ts';

export type EventPredicate = (event: EventMessage) => boolean;

/** An integer, a real number or a text; undefined where the event lacks it, which makes the whole filter false. */
type Operand = number | bigint | string | undefined;
type Evaluate = (event: EventMessage) => Operand;

/**
 * Makes a predicate of a filter, as LTTng's tracers evaluate it: integers have 64 bits and a sign, enumerations are
 * integers; a field that an event lacks, a text where a number is needed and a shift beyond 63 bits make all of it false,
 * unless `&&` or `||` left them out.
 */
export function compileFilter(expression: FilterExpression): EventPredicate {
  const evaluate = compile(expression);
  return (event) => isTrue(evaluate(event)) === true;
}

function compile(expression: FilterExpression): Evaluate {
  switch (expression.kind) {
    case 'integer': {
      const value = narrow(expression.value);
      return () => value;
    }
    case 'real':
      return () => expression.value;
    case 'text': {
      const text = expression.pattern.join('*');
      return () => text;
    }
    case 'field':
      return field(expression);
    case 'unary':
      return unary(expression.operator, compile(expression.operand));
    case 'binary':
      return binary(expression);
  }
}

function binary({ operator, left, right }: Extract<FilterExpression, { kind: 'binary' }>): Evaluate {
  const one = compile(left);
  const two = compile(right);
  switch (operator) {
    case '&&':
      return (event) => {
        const first = isTrue(one(event));
        return first === true ? toNumber(isTrue(two(event))) : toNumber(first);
      };
    case '||':
      return (event) => {
        const first = isTrue(one(event));
        return first === false ? toNumber(isTrue(two(event))) : toNumber(first);
      };
    case '==':
    case '!=': {
      const wanted = operator === '==';
      const pattern = left.kind === 'text' ? left.pattern : right.kind === 'text' ? right.pattern : undefined;
      if (pattern !== undefined && pattern.length > 1) {
        const other = left.kind === 'text' ? two : one;
        return (event) => {
          const text = other(event);
          return typeof text === 'string' ? Number(matchesPattern(pattern, text) === wanted) : undefined;
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

type Comparable = number | bigint | string;

function comparison(one: Evaluate, two: Evaluate, compare: (a: Comparable, b: Comparable) => boolean): Evaluate {
  return (event) => {
    const a = one(event);
    const b = two(event);
    if (a === undefined || b === undefined || (typeof a === 'string') !== (typeof b === 'string')) return undefined;
    return compare(a, b) ? 1 : 0;
  };
}

function bitwise(operator: BinaryOperator, one: Evaluate, two: Evaluate): Evaluate {
  return (event) => {
    const a = toUnsigned(one(event));
    const b = toUnsigned(two(event));
    if (a === undefined || b === undefined) return undefined;
    switch (operator) {
      case '&':
        return narrow(BigInt.asIntN(64, a & b));
      case '|':
        return narrow(BigInt.asIntN(64, a | b));
      case '^':
        return narrow(BigInt.asIntN(64, a ^ b));
      case '<<':
        return b > 63n ? undefined : narrow(BigInt.asIntN(64, a << b));
      default:
        return b > 63n ? undefined : narrow(BigInt.asIntN(64, a >> b));
    }
  };
}

function unary(operator: string, operand: Evaluate): Evaluate {
  switch (operator) {
    case '!':
      return (event) => {
        const truth = isTrue(operand(event));
        return truth === undefined ? undefined : Number(!truth);
      };
    case '~':
      return (event) => {
        const bits = toUnsigned(operand(event));
        return bits === undefined ? undefined : narrow(BigInt.asIntN(64, ~bits));
      };
    case '-':
      return (event) => {
        const value = operand(event);
        if (typeof value === 'bigint') return narrow(BigInt.asIntN(64, -value));
        return typeof value === 'number' ? -value : undefined;
      };
    default:
      return (event) => {
        const value = operand(event);
        return typeof value === 'string' ? undefined : value;
      };
  }
}

function isTrue(value: Operand): boolean | undefined {
  if (value === undefined || typeof value === 'string') return undefined;
  return typeof value === 'bigint' ? value !== 0n : value !== 0;
}

function toNumber(truth: boolean | undefined): number | undefined {
  return truth === undefined ? undefined : Number(truth);
}

function toUnsigned(value: Operand): bigint | undefined {
  if (typeof value === 'bigint') return BigInt.asUintN(64, value);
  return typeof value === 'number' && Number.isInteger(value) ? BigInt.asUintN(64, BigInt(value)) : undefined;
}

/** Numbers are faster than bigints where they are exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function field({ scope, path }: FilterField): Evaluate {
  if (scope === 'payload') return (event) => operandOf(follow(event.payload, path, 0));
  // Names of application contexts have their provider in front.
  const names = scope === 'context' ? path : [`_app_${path[0]}_${path[1]}`, ...path.slice(2)];
  return (event) => {
    const { specificContext, commonContext, packet } = event;
    const found =
      follow(specificContext, names, 0) ?? follow(commonContext, names, 0) ?? follow(packet.context, names, 0);
    return operandOf(found);
  };
}

function follow(value: FieldValue, path: readonly (string | number)[], depth: number): FieldValue {
  if (value instanceof VariantValue) return follow(value.value, path, depth);
  if (depth === path.length || value === undefined) return value;
  if (typeof value !== 'object') return undefined;
  const step = path[depth]!;
  if (typeof step === 'number') {
    return Array.isArray(value) || value instanceof Uint8Array
      ? follow(value[step] as FieldValue, path, depth + 1)
      : undefined;
  }
  if (Array.isArray(value) || value instanceof Uint8Array || !Object.hasOwn(value, step)) return undefined;
  return follow((value as StructureValue)[step], path, depth + 1);
}

function operandOf(value: FieldValue): Operand {
  switch (typeof value) {
    case 'number':
    case 'string':
      return value;
    case 'bigint':
      return narrow(BigInt.asIntN(64, value));
    case 'boolean':
      return Number(value);
    default:
      return undefined;
  }
}
