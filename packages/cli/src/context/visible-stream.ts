import { visibleText } from '@ringtail/base/text';

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * Placeholder of ESC in our own text until it is written. Foreign text cannot contain it, since it is random and made
 * with the first colour.
 */
let mark: string | undefined;

/** Begin of a control sequence of our own, in text for a `visibleStream`. */
export function ownEscape(): string {
  mark ??= `<ESC ${crypto.randomUUID()}>`;
  return mark;
}

/** A stream that escapes control characters of foreign text; a terminal obeys our own control sequences only. */
export function visibleStream(stream: OutputStream): OutputStream {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    // Read each time, since a terminal may change its width.
    get columns() {
      return stream.columns;
    },
    write(text) {
      const visible = visibleText(text);
      return stream.write(mark === undefined ? visible : visible.replaceAll(mark, '\u001b'));
    },
  };
}
