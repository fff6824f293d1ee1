/** The result of a command, as JSON already: long answers are put together of texts that are kept. */
export class JsonText {
  readonly pieces: readonly string[];

  constructor(pieces: readonly string[]) {
    this.pieces = pieces;
  }
}

/** A list as JSON, made in steps: one for each element. */
export function* jsonList(elements: Iterable<unknown>): Generator<void, JsonText> {
  const pieces: string[] = [];
  for (const element of elements) {
    pieces.push(pieces.length === 0 ? '[' : ',', JSON.stringify(element));
    yield;
  }
  return new JsonText(pieces.length === 0 ? ['[]'] : [...pieces, ']']);
}
