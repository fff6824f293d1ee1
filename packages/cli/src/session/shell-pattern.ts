/** A match for one character, or `*` for any number of characters. */
type Step = '*' | ((character: string) => boolean);

/** Character classes of the C locale, whose letters are ASCII. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9a-z]/i,
  alpha: /[a-z]/i,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9a-f]/i,
};

/**
 * Whether a shell pattern matches all of `text`: `*`, `?`, `[a-z]`, `[!a-z]`, `[[:digit:]]`, and a backslash before a
 * literal character. Slashes and dots are ordinary characters.
 *
 * @see fnmatch(3) without flags, with which LTTng selects names and keys
 */
export function matchesShellPattern(pattern: string, text: string): boolean {
  const steps = stepsOf([...pattern]);
  const characters = [...text];
  let step = 0;
  let at = 0;
  // Position after the last star, and the end of its match: earlier stars need no second attempt.
  let star: { readonly step: number; at: number } | undefined;
  while (at < characters.length) {
    const next = steps[step];
    if (next === '*') {
      step++;
      star = { step, at };
    } else if (next?.(characters[at] as string)) {
      step++;
      at++;
    } else if (star !== undefined) {
      star.at++;
      ({ step, at } = star);
    } else {
      return false;
    }
  }
  return steps.slice(step).every((rest) => rest === '*');
}

function stepsOf(pattern: readonly string[]): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    const set = character === '[' ? setAt(pattern, at + 1) : undefined;
    if (set !== undefined) {
      steps.push(set.matches);
      at = set.end;
    } else if (character === '*') {
      steps.push('*');
    } else if (character === '?') {
      steps.push(() => true);
    } else {
      const literal = character === '\\' ? pattern[++at] : character;
      steps.push((one) => one === literal);
    }
  }
  return steps;
}

/**
 * The set whose opening bracket is before `start`, and the index of its closing bracket; undefined for a literal
 * bracket.
 */
function setAt(
  pattern: readonly string[],
  start: number,
): { readonly matches: Exclude<Step, '*'>; readonly end: number } | undefined {
  const isNegated = pattern[start] === '!' || pattern[start] === '^';
  const first = isNegated ? start + 1 : start;
  const members: ((character: string) => boolean)[] = [];
  for (let at = first; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === ']' && at > first) {
      return { matches: (one) => members.some((matches) => matches(one)) !== isNegated, end: at };
    }
    const name = character === '[' ? /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 16).join(''))?.[1] : undefined;
    if (name !== undefined) {
      members.push((one) => CLASSES[name]?.test(one) === true);
      at += name.length + 3;
      continue;
    }
    const from = character === '\\' ? pattern[++at] : character;
    let to = from;
    if (pattern[at + 1] === '-' && pattern[at + 2] !== undefined && pattern[at + 2] !== ']') {
      at += 2;
      to = pattern[at] === '\\' ? pattern[++at] : pattern[at];
    }
    if (from === undefined || to === undefined) return undefined;
    const [low, high] = [from.codePointAt(0) as number, to.codePointAt(0) as number];
    members.push((one) => low <= (one.codePointAt(0) as number) && (one.codePointAt(0) as number) <= high);
  }
  return undefined;
}
