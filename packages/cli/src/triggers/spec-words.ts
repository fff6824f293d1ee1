import { CliError } from '../errors/cli-error.ts';

/** An option of a condition, an action or the trigger. */
export interface SpecOption {
  /** Name without dashes. */
  readonly long: string;
  readonly short?: string;
  /** Whether it has no value. */
  readonly flag?: true;
  /** Whether it may be repeated; other options may be given once, as in LTTng. */
  readonly repeated?: true;
}

/** Option values of one part by long name, in order, and its words that are no options. */
export interface SpecPart {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly words: readonly string[];
}

/**
 * The words of a command line whose options belong to the part before them: `--condition=TYPE` and `--action=TYPE`
 * begin a part, and the first unknown option ends it.
 */
export class SpecWords {
  readonly #words: readonly string[];
  #at = 0;

  /** @param words the words after the command's name */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  /** Error for the next word, which is unknown. Positions count from the command's name, as in LTTng. */
  unknown(): CliError {
    const word = this.#words[this.#at] as string;
    return word.startsWith('-')
      ? new CliError(
          'BAD_ARGUMENT',
          `While parsing argument #${this.#at + 2} (\`${word}\`): Unknown option \`${nameOf(word)}\``,
        )
      : new CliError('BAD_ARGUMENT', `Unexpected argument \`${word}\`.`);
  }

  /** Error about the value of the previous option. */
  wrong(problem: string, hint?: string): CliError {
    const argument = this.#words[this.#at - 1] as string;
    return new CliError('BAD_ARGUMENT', `While parsing argument #${this.#at + 1} (\`${argument}\`): ${problem}`, hint);
  }

  /** Reads the next word as one of these options, with its value; undefined for another word. */
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

  /** Reads a word that is no option. */
  word(): string | undefined {
    const word = this.#words[this.#at];
    if (word === undefined || (word.startsWith('-') && word !== '-')) return undefined;
    this.#at += 1;
    return word;
  }

  /**
   * Reads a part: these options, and words, up to another option.
   *
   * @param wordCountMax largest number of words
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

  /** Reads all words after `--`; undefined where the next word is not `--`. */
  rest(): readonly string[] | undefined {
    if (this.#words[this.#at] !== '--') return undefined;
    const rest = this.#words.slice(this.#at + 1);
    this.#at = this.#words.length;
    return rest;
  }
}

/** The value of an option that may be given once; undefined where it is absent. */
export function one(part: SpecPart, long: string): string | undefined {
  return part.values[long]?.[0];
}

/** @throws {CliError} where the option is absent or empty */
export function needed(part: SpecPart, long: string): string {
  const value = one(part, long);
  if (value !== undefined && value !== '') return value;
  throw new CliError('BAD_ARGUMENT', `Missing or invalid argument for \`--${long}\`.`);
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
