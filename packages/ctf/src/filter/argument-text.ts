import { matchesStarPattern, type StarPattern } from '@ringtail/base';
import { type FilterNumber, narrow } from './operators.ts';

/** Text as it will be in the trace: it ends at its first U+0000, and lone surrogates become U+FFFD. */
export function asWritten(text: string): string {
  const end = text.indexOf('\0');
  const whole = end === -1 ? text : text.slice(0, end);
  return SURROGATE.test(whole) ? whole.replace(LONE_SURROGATES, '\ufffd') : whole;
}

const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * Whether `text` will be `wanted` in the trace. `wanted` has no U+0000.
 *
 * Both forms of a text have their code units at the same places, so little else than equality has to be checked.
 */
export function isWrittenAs(text: string, wanted: string): boolean {
  const { length } = wanted;
  if (text.length === length) return text === wanted || (wanted.includes('\ufffd') && asWritten(text) === wanted);
  return text.length > length && text.charCodeAt(length) === 0 && asWritten(text) === wanted;
}

/** Whether the text in the trace will match. For most texts that do not match, the first characters decide. */
export function matchesAsWritten(pattern: StarPattern, text: string): boolean {
  const first = pattern[0] as string;
  if (!text.startsWith(first) && !first.includes('\ufffd')) return false;
  return matchesStarPattern(pattern, asWritten(text));
}

/** The value that a dynamic field will hold; undefined if none. */
export function dynamicOperand(value: unknown): FilterNumber | string | undefined {
  switch (typeof value) {
    case 'string':
      return asWritten(value);
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
      return value === BigInt.asIntN(64, value) ? narrow(value) : value.toString();
    default:
      return undefined;
  }
}
