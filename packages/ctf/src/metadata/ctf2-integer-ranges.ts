import type { IntegerRange } from '../model/field-class.ts';
import type { JsonNode } from './ctf2-json.ts';
import type { Ctf2Reader } from './ctf2-reader.ts';

/**
 * Reads a set of integer ranges, which is not empty.
 *
 * @param signed whether they may be negative
 */
export function integerRanges(reader: Ctf2Reader, node: JsonNode, signed: boolean): IntegerRange[] {
  const { items } = reader.array(node);
  if (items.length === 0) throw reader.error('a range is needed here', node);
  return items.map((item) => {
    const [lowerNode, upperNode, ...further] = reader.array(item).items;
    if (lowerNode === undefined || upperNode === undefined || further.length > 0) {
      throw reader.error('a range has two ends', item);
    }
    const lower = signed ? reader.integer(lowerNode) : reader.unsigned(lowerNode);
    const upper = signed ? reader.integer(upperNode) : reader.unsigned(upperNode);
    if (lower > upper) throw reader.error(`${lower} is greater than ${upper}`, item);
    return { lower, upper };
  });
}

/** Whether a value is in ranges of two options. Ranges of one option may overlap. */
export function intersect(options: readonly (readonly IntegerRange[])[]): boolean {
  const sorted = options
    .flatMap((ranges, option) => ranges.map((range) => ({ ...range, option })))
    .sort((a, b) => (a.lower < b.lower ? -1 : 1));
  let furthest: (typeof sorted)[number] | undefined;
  for (const range of sorted) {
    if (furthest !== undefined && range.lower <= furthest.upper && range.option !== furthest.option) return true;
    if (furthest === undefined || range.upper > furthest.upper) furthest = range;
  }
  return false;
}
