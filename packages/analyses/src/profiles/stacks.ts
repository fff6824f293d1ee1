import { FUNCTIONS_MAX } from './functions.ts';

/** Together with `FUNCTIONS_MAX`, pairs are below 2^53. */
const STACKS_MAX = 2 ** 22;
/** V8 samples at most 255 frames. */
const DEPTH_MAX = 1024;

/** The stack without any function. */
export const NO_STACK = 0;

/** Stacks of a thread as a tree: a stack is a function, and the stack that has called it. Callers come first. */
export class Stacks {
  /** By stack; those of `NO_STACK` are unused. */
  readonly callers: number[] = [NO_STACK];
  readonly functions: number[] = [0];
  /** Number of samples by stack. */
  readonly counts: number[] = [0];
  readonly #depths: number[] = [0];
  readonly #known = new Map<number, number>();

  /** @returns undefined if there are too many stacks, or functions in this one */
  add(caller: number, functionIndex: number): number | undefined {
    const key = caller * FUNCTIONS_MAX + functionIndex;
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    const stack = this.callers.length;
    const depth = this.#depths[caller]! + 1;
    if (stack >= STACKS_MAX || depth > DEPTH_MAX) return undefined;
    this.#known.set(key, stack);
    this.callers.push(caller);
    this.functions.push(functionIndex);
    this.counts.push(0);
    this.#depths.push(depth);
    return stack;
  }

  /** The functions of a stack, outermost first. */
  functionsOf(stack: number): number[] {
    const functions: number[] = [];
    for (let at = stack; at !== NO_STACK; at = this.callers[at]!) functions.push(this.functions[at]!);
    return functions.reverse();
  }
}
