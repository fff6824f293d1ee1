/** Does the steps of a long work one after the other, and counts them. */
export function countSteps<T>(work: Generator<void, T>): { readonly result: T; readonly steps: number } {
  for (let steps = 1; ; steps++) {
    const step = work.next();
    if (step.done === true) return { result: step.value, steps };
  }
}
