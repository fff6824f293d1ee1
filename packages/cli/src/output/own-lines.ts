import type { OutputStream } from '../context/visible-stream.ts';
import { clearedLine, resetColours } from './style.ts';

/**
 * A stream for messages beside a command that writes to the same terminal. Each message begins on a line of its own and
 * without the command's colours.
 *
 * The column of the cursor is unknown. Spaces for a whole line take a cursor from mid-line to the next line, and leave
 * a cursor at the begin of a line in this line.
 */
export function ownLines(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): OutputStream {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns;
    },
    write(text) {
      if (stream.isTTY !== true || !stream.columns || env.TERM === 'dumb') return stream.write(text);
      return stream.write(`${resetColours()}${' '.repeat(stream.columns)}${clearedLine()}${text}`);
    },
  };
}
