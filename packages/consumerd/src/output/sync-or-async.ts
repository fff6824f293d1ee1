import { assert } from '@ringtail/base';

/** An answer that is there at once, as from a file, or comes later, as from a connection. */
export type Later<T> = T | Promise<T>;

/**
 * Work that pauses at each answer that comes later. It runs through without a pause where every answer is there at
 * once.
 */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** Within steps: the answer itself, after a pause if it comes later. */
export function* settled<T>(answer: Later<T>): Steps<T> {
  return answer instanceof Promise ? ((yield answer) as T) : answer;
}

/** Runs steps up to their end, or up to the first pause; then the result comes later. */
export function run<T>(steps: Steps<T>): Later<T> {
  const step = steps.next();
  return step.done ? step.value : finish(steps, step.value);
}

/** Runs steps whose outputs all answer at once. */
export function atOnce<T>(steps: Steps<T>): T {
  const result = run(steps);
  assert(!(result instanceof Promise), 'every output answers at once');
  return result;
}

async function finish<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  for (let awaited = first; ; ) {
    const step = await awaited.then(
      (answer) => steps.next(answer),
      (error: unknown) => steps.throw(error),
    );
    if (step.done) return step.value;
    awaited = step.value;
  }
}
