/**
 * A pattern in which `*` stands for any run of characters, as the literals between its stars: `a*b` is `a` and `b`. A
 * pattern without a star has one literal. How a literal star is written is up to each language of patterns.
 */
export type StarPattern = readonly string[];

/** Not a regular expression: a pattern takes longer to compile than to match. */
export function matchesStarPattern(literals: StarPattern, text: string): boolean {
  const first = literals[0] as string;
  if (literals.length === 1) return text === first;
  const last = literals[literals.length - 1] as string;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (let i = 1; i < literals.length - 1; i++) {
    const literal = literals[i] as string;
    const found = text.indexOf(literal, at);
    if (found === -1 || found + literal.length > end) return false;
    at = found + literal.length;
  }
  return true;
}
