/** Whether `name` matches `pattern`, in which `*` stands for any run of characters and `\*` for itself. */
export function matchesPattern(pattern: string, name: string): boolean {
  return patternMatcher(pattern)(name);
}

/**
 * Matches names with one pattern. Not a regular expression: there may be thousands of patterns, and one takes longer to compile
 * than to match.
 */
export function patternMatcher(pattern: string): (name: string) => boolean {
  const [first, ...between] = literalsOf(pattern) as [string, ...string[]];
  const last = between.pop();
  if (last === undefined) return (name) => name === first;
  return (name) => {
    const end = name.length - last.length;
    if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const literal of between) {
      const found = name.indexOf(literal, at);
      if (found === -1 || found + literal.length > end) return false;
      at = found + literal.length;
    }
    return true;
  };
}

/** Most searches that a comparison of a name with this pattern takes. */
export function searchesOf(pattern: string): number {
  return literalsOf(pattern).length;
}

/** What stands before, between and behind the stars. */
function literalsOf(pattern: string): string[] {
  const literals = [''];
  for (const [part] of pattern.matchAll(/\\\*|\*+|[^*\\]+|\\/g)) {
    if (part.startsWith('*')) literals.push('');
    else literals[literals.length - 1] += part === '\\*' ? '*' : part;
  }
  return literals;
}
