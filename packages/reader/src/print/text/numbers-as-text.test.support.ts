type Put = (view: DataView, at: number, ...value: number[]) => number;

const bytes = new Uint8Array(400);
const view = new DataView(bytes.buffer);

/** The text that a function writes for a value. */
export function text(put: Put, ...value: number[]): string {
  const end = put(view, 3, ...value);
  return Buffer.from(bytes.buffer, 3, end - 3).toString('latin1');
}

/** Unsigned integers of 32 bits around powers of 2 and 10, and further ones. */
export function unsignedWords(others: number): number[] {
  const edges = Array.from({ length: 32 }, (_, bit) => [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]).flat();
  const tens = Array.from({ length: 10 }, (_, i) => [10 ** i - 1, 10 ** i, 10 ** i + 1]).flat();
  return [...edges, ...tens, ...randomWords(others)].map((value) => value >>> 0);
}

/** Numbers without a pattern, the same in each run. */
export function* randomWords(count: number): Generator<number> {
  let state = 12_345;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}
