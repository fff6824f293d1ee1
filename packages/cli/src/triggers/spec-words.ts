import { CliError } from '../errors/cli-error.ts';

/** An option of a part of the command line. */
export interface SpecOption {
  /** Without dashes. */
  readonly long: string;
  readonly short?: string;
  /** Has no value. */
  readonly flag?: true;
  /** May be given several times; others only once, as in LTTng. */
  readonly repeated?: true;
}

/** The options of one part by their long names, each with its values in order, and the words that are no options. */
export interface SpecPart {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly words: readonly string[];
}

/**
 * The words of a command line in which options belong to what stands before them: `--condition=TYPE` and `--action=TYPE`
 * begin parts, and a part ends with the first option that is not one of its own.
 */
export class SpecWords {
  readonly #words: readonly string[];
  #at = 0;

  /** @param words behind the command's name */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  /** The word that comes next, which nobody knows, as an error. Words count from the command's name on, as in LTTng. */
  unknown(): CliError {
    const word = this.#words[this.#at] as string;
    return word.startsWith('-')
      ? new CliError(
          'BAD_ARGUMENT',
          `While parsing argument #${this.#at + 2} (\`${word}\`): Unknown option \`${nameOf(word)}\``,
        )
      : new CliError('BAD_ARGUMENT', `Unexpected argument \`${word}\`.`);
  }

  /** A value of the option before, in an error about it. */
  wrong(problem: string, hint?: string): CliError {
    const argument = this.#words[this.#at - 1] as string;
    return new CliError('BAD_ARGUMENT', `While parsing argument #${this.#at + 1} (\`${argument}\`): ${problem}`, hint);
  }

  /** Takes the option that comes next with its value if it is one of these; `undefined` otherwise. */
  option(options: readonly SpecOption[]): { readonly option: SpecOption; readonly value: string } | undefined {
    const word = this.#words[this.#at];
    if (word === undefined || !word.startsWith('-') || word === '-' || word === '--') return undefined;
    const name = nameOf(word);
    const option = options.find(
      ({ long, short }) => name === `--${long}` || (short !== undefined && name === `-${short}`),
    );
    if (option === undefined) return undefined;
    this.#at += 1;
    const attached = valueIn(word);
    if (option.flag) {
      if (attached === undefined) return { option, value: '' };
      throw this.wrong(`Unexpected value for \`${name}\``);
    }
    if (attached !== undefined) return { option, value: attached };
    const value = this.#words[this.#at];
    if (value === undefined) throw this.wrong(`Missing required argument for option \`${name}\``);
    this.#at += 1;
    return { option, value };
  }

  /** Takes a word that is no option. */
  word(): string | undefined {
    const word = this.#words[this.#at];
    if (word === undefined || (word.startsWith('-') && word !== '-')) return undefined;
    this.#at += 1;
    return word;
  }

  /**
   * Takes a part: all options of these, and words, up to an option that is none of them.
   *
   * @param wordCountMax a word beyond so many is an error
   */
  part(options: readonly SpecOption[], wordCountMax = 0): SpecPart {
    const values: Record<string, string[]> = {};
    const words: string[] = [];
    for (;;) {
      const taken = this.option(options);
      if (taken !== undefined) {
        const { long, repeated } = taken.option;
        values[long] ??= [];
        values[long].push(taken.value);
        if (values[long].length > 1 && repeated === undefined) throw duplicate(taken.option);
        continue;
      }
      const word = this.word();
      if (word === undefined) return { values, words };
      words.push(word);
      if (words.length > wordCountMax) throw new CliError('BAD_ARGUMENT', `Unexpected argument \`${word}\`.`);
    }
  }

  /** Takes what stands behind `--`, all words to the end; `undefined` where no `--` comes next. */
  rest(): readonly string[] | undefined {
    if (this.#words[this.#at] !== '--') return undefined;
    const rest = this.#words.slice(this.#at + 1);
    this.#at = this.#words.length;
    return rest;
  }
}

/** The value of an option that may be given once. */
export function one(part: SpecPart, long: string): string | undefined {
  return part.values[long]?.[0];
}

export function duplicate({ long, short }: SpecOption): CliError {
  return new CliError('BAD_ARGUMENT', `Duplicate '--${long}${short === undefined ? '' : `/-${short}`}' given.`);
}

function nameOf(word: string): string {
  return word.startsWith('--') ? word.replace(/=.*$/s, '') : word.slice(0, 2);
}

function valueIn(word: string): string | undefined {
  if (!word.startsWith('--')) return word.length > 2 ? word.slice(2) : undefined;
  const at = word.indexOf('=');
  return at === -1 ? undefined : word.slice(at + 1);
}
