/**
 * A filter as it was written. Columns count from 1 and are the begin of an operand or an operator.
 *
 * @see lttng-enable-event(1), filter expressions
 */
export type FilterExpression =
  | { readonly kind: 'integer'; readonly value: bigint; readonly column: number }
  | { readonly kind: 'real'; readonly value: number; readonly column: number }
  | { readonly kind: 'text'; readonly pattern: TextPattern; readonly column: number }
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

/** Text between its stars: `a*b` is `a` and `b`; without a star there is one part. */
export type TextPattern = readonly string[];

/**
 * Whether a pattern has a star elsewhere than at its end. One with a star at its end is a beginning, which has an
 * order.
 */
export function isGlob(pattern: TextPattern): boolean {
  return pattern.slice(1).some((part) => part !== '');
}

/** The length of a text that ends with a star. Only up to it count the texts that it is compared with. */
export function beginningOf(expression: FilterExpression): number | undefined {
  if (expression.kind !== 'text' || expression.pattern.length === 1 || isGlob(expression.pattern)) return undefined;
  return expression.pattern[0]?.length;
}

/** Whether a text matches: each star stands for any text. */
export function matchesPattern(pattern: TextPattern, text: string): boolean {
  const first = pattern[0]!;
  if (pattern.length === 1) return text === first;
  const last = pattern[pattern.length - 1]!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (let i = 1; i < pattern.length - 1; i++) {
    const found = text.indexOf(pattern[i]!, at);
    if (found === -1 || found + pattern[i]!.length > end) return false;
    at = found + pattern[i]!.length;
  }
  return true;
}

/** Reads a pattern: `*` is a star, `\*` and `\\` are characters. */
export function parsePattern(text: string): TextPattern {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '*') parts.push('');
    else if (character === '\\' && i + 1 < text.length) parts[parts.length - 1] += text[++i]!;
    else parts[parts.length - 1] += character;
  }
  return parts;
}
