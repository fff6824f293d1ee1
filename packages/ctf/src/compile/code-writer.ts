/** Generated code does not support something in the metadata. The general decoders do, so this is not an error. */
export class NotCompilable extends Error {
  override readonly name = 'NotCompilable';
}

/** V8 does not optimise functions beyond a size; then the general decoders are the better choice. */
const LINES_MAX = 4000;

/** Collects the lines of a function that is being generated, and the values that they refer to by name. */
export class CodeWriter {
  readonly #lines: string[] = [];
  readonly #constants: Map<string, unknown>;

  /** @param constants shared by all functions that are generated together */
  constructor(constants: Map<string, unknown> = new Map()) {
    this.#constants = constants;
  }

  get constants(): Map<string, unknown> {
    return this.#constants;
  }

  /** Appends a line and returns its number. */
  line(text: string): number {
    if (this.#lines.length >= LINES_MAX) throw new NotCompilable('too many lines');
    return this.#lines.push(text) - 1;
  }

  /** Writes a line anew that was left open. */
  replace(number: number, text: string): void {
    this.#lines[number] = text;
  }

  /** Declares a variable with a fresh name. */
  local(prefix: string, expression: string): string {
    const name = this.fresh(prefix);
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  constant(prefix: string, value: unknown): string {
    const name = this.fresh(`${prefix}K`);
    this.#constants.set(name, value);
    return name;
  }

  fresh(prefix: string): string {
    return `${prefix}${nextNumber++}`;
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}

// Names have to be unique within code that is generated together. Unique everywhere is simpler.
let nextNumber = 0;

/**
 * Turns source text into the function that it returns.
 *
 * @returns undefined where the runtime forbids code generation
 */
export function evaluate<T>(body: string, constants: ReadonlyMap<string, unknown>): T | undefined {
  try {
    return new Function(...constants.keys(), `'use strict';\n${body}`)(...constants.values()) as T;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
