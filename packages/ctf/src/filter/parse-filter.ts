import {
  type BinaryOperator,
  type FilterExpression,
  type FilterField,
  isGlob,
  type UnaryOperator,
} from './filter-ast.ts';
import { FilterError } from './filter-error.ts';
import { type FilterToken, filterTokens } from './filter-lexer.ts';

/** Operators by precedence, the loosest first. Unlike in C, bitwise ones bind tighter than comparisons. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
];

/** C's operators that LTTng reads and refuses. */
const ARITHMETIC: ReadonlySet<string> = new Set(['*', '/', '%', '+', '-']);

const UNARY: ReadonlySet<string> = new Set(['-', '+', '!', '~']);

/** Parentheses and signs within each other beyond this are refused. */
const DEPTH_MAX = 200;

/** Operators and operands beyond this are refused: each may be a level of recursion, in a thread with a full stack. */
const PARTS_MAX = 1000;

/**
 * Reads a filter expression in LTTng's language.
 *
 *     next_pid == 1234 && ($ctx.procname == "node*" || flags & 0x10)
 *
 * @throws {FilterError}
 */
export function parseFilter(text: string): FilterExpression {
  const parser = new FilterParser(filterTokens(text));
  return parser.whole();
}

class FilterParser {
  readonly #tokens: readonly FilterToken[];
  #at = 0;
  #depth = 0;
  #parts = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  whole(): FilterExpression {
    const expression = this.#binary(0);
    this.#refuseArithmetic();
    if (expression.kind === 'text') throw new FilterError('TYPE', 'a text alone is neither true nor false', 1);
    if (this.#token.kind !== 'end') throw this.#unexpected('an operator');
    return expression;
  }

  #refuseArithmetic(): void {
    const { kind, column } = this.#token;
    if (kind !== 'operator' || !ARITHMETIC.has(this.#token.text)) return;
    throw new FilterError('SYNTAX', `the binary operator ${this.#token.text} is not supported`, column);
  }

  get #token(): FilterToken {
    return this.#tokens[this.#at]!;
  }

  #binary(level: number): FilterExpression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { column } = this.#token;
      const operator = this.#takeOperator(operators);
      if (operator === undefined) return left;
      this.#count(column);
      const right = this.#binary(level + 1);
      checkTypes(left, operator, right, column);
      left = { kind: 'binary', operator: operator as BinaryOperator, left, right, column };
    }
  }

  #unary(): FilterExpression {
    const token = this.#token;
    if (++this.#depth > DEPTH_MAX) throw new FilterError('SYNTAX', 'the expression is nested too deeply', token.column);
    try {
      if (token.kind !== 'operator' || !UNARY.has(token.text)) return this.#primary();
      this.#at++;
      const operand = this.#unary();
      if (operand.kind === 'text') throw new FilterError('TYPE', `${token.text} takes a number`, token.column);
      if (token.text === '~' && isReal(operand)) throw new FilterError('TYPE', '~ takes an integer', token.column);
      return { kind: 'unary', operator: token.text as UnaryOperator, operand, column: token.column };
    } finally {
      this.#depth--;
    }
  }

  #count(column: number): void {
    if (++this.#parts > PARTS_MAX) throw new FilterError('SYNTAX', 'the expression is too long', column);
  }

  #primary(): FilterExpression {
    const token = this.#token;
    this.#count(token.column);
    switch (token.kind) {
      case 'integer':
      case 'real':
      case 'text':
        this.#at++;
        return token;
      case 'name':
        return this.#field();
      default: {
        if (this.#takeOperator(['(']) === undefined) throw this.#unexpected('a field, a number or a text');
        const inner = this.#binary(0);
        this.#refuseArithmetic();
        this.#expect(')');
        return inner;
      }
    }
  }

  #field(): FilterField {
    const { column } = this.#token;
    const first = this.#name();
    if (first === '$ctx') {
      this.#expect('.');
      return { kind: 'field', scope: 'context', path: this.#path([this.#name()]), column };
    }
    if (first === '$app') {
      this.#expect('.');
      const provider = this.#name();
      this.#expect(':');
      return { kind: 'field', scope: 'application', path: this.#path([provider, this.#name()]), column };
    }
    if (first.startsWith('$')) throw new FilterError('SYNTAX', `there is no ${first}, only $ctx and $app`, column);
    return { kind: 'field', scope: 'payload', path: this.#path([first]), column };
  }

  #path(path: (string | number)[]): (string | number)[] {
    for (;;) {
      if (this.#takeOperator(['.']) !== undefined) path.push(this.#name());
      else if (this.#takeOperator(['[']) !== undefined) {
        const token = this.#token;
        if (token.kind !== 'integer' || token.value < 0n || token.value > 0xffff_ffffn)
          throw this.#unexpected('an index');
        this.#at++;
        path.push(Number(token.value));
        this.#expect(']');
      } else return path;
    }
  }

  #name(): string {
    const token = this.#token;
    if (token.kind !== 'name') throw this.#unexpected('a name');
    this.#at++;
    return token.text;
  }

  #takeOperator(operators: readonly string[]): string | undefined {
    const token = this.#token;
    if (token.kind !== 'operator' || !operators.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  #expect(operator: string): void {
    if (this.#takeOperator([operator]) === undefined) throw this.#unexpected(`"${operator}"`);
  }

  #unexpected(wanted: string): FilterError {
    const token = this.#token;
    const found = 'text' in token ? token.text : token.kind === 'text' ? 'a text' : String(token.value);
    return new FilterError('SYNTAX', `${wanted} is missing before ${found}`, token.column);
  }
}

const TEXT_OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

const INTEGER_OPERATORS: ReadonlySet<string> = new Set(['|', '^', '&', '<<', '>>']);

/** Whether an expression is a real number in any event. */
function isReal(expression: FilterExpression): boolean {
  if (expression.kind === 'unary') return '+-'.includes(expression.operator) && isReal(expression.operand);
  return expression.kind === 'real';
}

/** Checks that need no event. */
function checkTypes(left: FilterExpression, operator: string, right: FilterExpression, column: number): void {
  if (INTEGER_OPERATORS.has(operator) && (isReal(left) || isReal(right))) {
    throw new FilterError('TYPE', `${operator} takes integers`, column);
  }
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (one.kind !== 'text') continue;
    if (!TEXT_OPERATORS.has(operator)) throw new FilterError('TYPE', `${operator} takes numbers`, column);
    if (isGlob(one.pattern) && operator !== '==' && operator !== '!=') {
      throw new FilterError('TYPE', 'a text with a star that is not at its end can only be equal or not', column);
    }
    if (isGlob(one.pattern) && other.kind === 'text' && other.pattern.length > 1) {
      throw new FilterError('TYPE', 'two patterns cannot be compared', column);
    }
    if (other.kind !== 'field' && other.kind !== 'text') {
      throw new FilterError('TYPE', 'a text cannot be compared with a number', column);
    }
  }
}
