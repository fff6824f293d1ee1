import { visibleText } from '@ringtail/base/text';

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * Stands for ESC in text of our own until it is written. Text from elsewhere cannot hold it: it is random, and made when the first
 * colour is wanted.
 */
let mark: string | undefined;

/** What a sequence that a terminal is to obey begins with, in text for a `visibleStream`. */
export function ownEscape(): string {
  mark ??= `<ESC ${crypto.randomUUID()}>`;
  return mark;
}

/** A stream on which names, paths and messages of others only show: a terminal obeys our own sequences alone. */
export function visibleStream(stream: OutputStream): OutputStream {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    // A terminal may change its width.
    get columns() {
      return stream.columns;
    },
    write(text) {
      const visible = visibleText(text);
      return stream.write(mark === undefined ? visible : visible.replaceAll(mark, '\u001b'));
    },
  };
}
