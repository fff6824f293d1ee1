/** The result of a command, as JSON already: long answers are put together of texts that are kept. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
