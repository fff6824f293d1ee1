import { openTraces, printPretty, type TextSink } from '@ringtail/reader';

const NEWLINE = '\n';

/** Keeps the last lines of a text. */
class LastLines implements TextSink {
  readonly #count: number;
  #text = '';

  constructor(count: number) {
    this.#count = count;
  }

  write(text: string): boolean {
    const all = this.#text + text;
    let from = all.length;
    for (let lines = 0; lines <= this.#count && from > 0; lines++) from = all.lastIndexOf(NEWLINE, from - 1);
    this.#text = all.slice(from + 1);
    return true;
  }

  get lines(): string[] {
    return this.#text.split(NEWLINE).slice(0, -1);
  }
}

/**
 * The last events of a trace, as `view` prints them, without damaged packets.
 *
 * @throws {RingtailError} if nothing there can be read
 */
export function lastEvents(path: string, count: number): string[] {
  const reader = openTraces([path], { onError: () => undefined });
  try {
    const lines = new LastLines(count);
    printPretty(reader, lines);
    return lines.lines;
  } finally {
    reader.close();
  }
}
