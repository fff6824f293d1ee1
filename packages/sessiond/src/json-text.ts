/** The result of a command, as JSON already: long answers are put together of texts that are kept. */
export class JsonText {
  readonly pieces: readonly string[];

  constructor(pieces: readonly string[]) {
    this.pieces = pieces;
  }
}
