import { matchesStarPattern, type StarPattern } from '@ringtail/base';

/** Whether `name` matches `pattern`, in which `*` stands for any run of characters and `\*` for itself. */
export function matchesPattern(pattern: string, name: string): boolean {
  return patternMatcher(pattern)(name);
}

/** The same, with the pattern parsed once. */
export function patternMatcher(pattern: string): (name: string) => boolean {
  const literals = literalsOf(pattern);
  return (name) => matchesStarPattern(literals, name);
}

/** The only name that a pattern matches; undefined if the pattern has a star. */
export function nameOfPattern(pattern: string): string | undefined {
  const literals = literalsOf(pattern);
  return literals.length === 1 ? literals[0] : undefined;
}

/** Most searches that a comparison of a name with this pattern takes. */
export function searchesOf(pattern: string): number {
  return literalsOf(pattern).length;
}

/** A backslash is an ordinary character, except before a star. */
function literalsOf(pattern: string): StarPattern {
  const literals = [''];
  for (const [part] of pattern.matchAll(/\\\*|\*+|[^*\\]+|\\/g)) {
    if (part.startsWith('*')) literals.push('');
    else literals[literals.length - 1] += part === '\\*' ? '*' : part;
  }
  return literals;
}
