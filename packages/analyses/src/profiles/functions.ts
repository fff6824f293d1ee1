/** A function that samples name, or a time in which none ran, such as `(idle)`. */
export interface SampledFunction {
  readonly kind: string;
  /** `(anonymous)` where it has none. */
  readonly name: string;
  /** Empty without a script. */
  readonly url: string;
  /** Place of the definition, from 1; 0 where there is none. */
  readonly line: number;
  readonly column: number;
}

/** The bound keeps pairs of a stack and a function in a double. */
export const FUNCTIONS_MAX = 2 ** 20;

/** Functions of all samples, each once. */
export class Functions {
  readonly list: SampledFunction[] = [];
  readonly #known = new Map<string, number>();

  /** @returns the index of the function, or undefined if there are too many */
  add(seen: SampledFunction): number | undefined {
    const key = JSON.stringify([seen.kind, seen.name, seen.url, seen.line, seen.column]);
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    if (this.list.length >= FUNCTIONS_MAX) return undefined;
    this.#known.set(key, this.list.length);
    return this.list.push(seen) - 1;
  }
}

/** `NAME (URL:LINE:COLUMN)`, as V8 writes a frame of a stack. */
export function frameText({ kind, name, url, line, column }: SampledFunction): string {
  if (url !== '') return `${name} (${url}:${line}:${column})`;
  return kind === 'native' ? `${name} (native)` : name;
}
