import type { StarPattern } from '@ringtail/base';

/**
 * A filter as it was written. Columns count from 1 and are the begin of an operand or an operator.
 *
 * @see lttng-enable-event(1), filter expressions
 */
export type FilterExpression =
  | { readonly kind: 'integer'; readonly value: bigint; readonly column: number }
  | { readonly kind: 'real'; readonly value: number; readonly column: number }
  | { readonly kind: 'text'; readonly pattern: StarPattern; readonly column: number }
  | FilterField
  | {
      readonly kind: 'unary';
      readonly operator: UnaryOperator;
      readonly operand: FilterExpression;
      readonly column: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: FilterExpression;
      readonly right: FilterExpression;
      readonly column: number;
    };

export interface FilterField {
  readonly kind: 'field';
  /** `payload` for a plain name, `context` for `$ctx.`, `application` for `$app.`. */
  readonly scope: 'payload' | 'context' | 'application';
  /** Names of members and indexes of elements; of an application context its provider and its name first. */
  readonly path: readonly (string | number)[];
  readonly column: number;
}

export type UnaryOperator = '-' | '+' | '!' | '~';
export type BinaryOperator = '<<' | '>>' | '&' | '^' | '|' | '<' | '<=' | '>' | '>=' | '==' | '!=' | '&&' | '||';

/**
 * Whether a pattern has a star elsewhere than at its end. One with a star at its end is a beginning, which has an
 * order.
 */
export function isGlob(pattern: StarPattern): boolean {
  return pattern.slice(1).some((part) => part !== '');
}

/** The length of a text that ends with a star. Only up to it count the texts that it is compared with. */
export function beginningOf(expression: FilterExpression): number | undefined {
  if (expression.kind !== 'text' || expression.pattern.length === 1 || isGlob(expression.pattern)) return undefined;
  return expression.pattern[0]?.length;
}

/** Reads a pattern: `*` is a star, `\*` and `\\` are characters. */
export function parsePattern(text: string): StarPattern {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '*') parts.push('');
    else if (character === '\\' && i + 1 < text.length) parts[parts.length - 1] += text[++i]!;
    else parts[parts.length - 1] += character;
  }
  return parts;
}
