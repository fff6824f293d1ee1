/** An assertion of ours did not hold: a defect in Ringtail, never in its input. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * States what is supposed to be true.
 *
 * @param sentence the sentence that was supposed to be true, in words
 * @throws {AssertionError} when it is not
 */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(`assertion failed: ${sentence}`);
}

/** Marks the branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`assertion failed: unexpected value ${JSON.stringify(value)}`);
}
