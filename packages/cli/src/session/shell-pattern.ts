/** One character of a text, or any run of them. */
type Step = '*' | ((character: string) => boolean);

/** As in the C locale, where a letter is one of ASCII. */
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
 * Whether all of `text` is what a pattern of the shell says: `*`, `?`, `[a-z]`, `[!a-z]`, `[[:digit:]]`, and a backslash before
 * what stands for itself. Slashes and dots are characters like others.
 *
 * @see fnmatch(3) without flags, by which LTTng chooses names and keys
 */
export function matchesShellPattern(pattern: string, text: string): boolean {
  const steps = stepsOf([...pattern]);
  const characters = [...text];
  let step = 0;
  let at = 0;
  // Behind the last star, and how far it reaches: no earlier star ever has to be tried again.
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

/** A set whose opening bracket is before `start`, and where its closing one is; undefined if the bracket is only a character. */
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
