/** The result of a command as JSON text: long answers are joined from texts that are kept. */
export class JsonText {
  readonly pieces: readonly string[];

  constructor(pieces: readonly string[]) {
    this.pieces = pieces;
  }
}

/** A list as JSON, one step for each element. */
export function* jsonList(elements: Iterable<unknown>): Generator<void, JsonText> {
  const pieces: string[] = [];
  for (const element of elements) {
    pieces.push(pieces.length === 0 ? '[' : ',', JSON.stringify(element));
    yield;
  }
  return new JsonText(pieces.length === 0 ? ['[]'] : [...pieces, ']']);
}
