import { describe, expect, it } from 'vitest';
import { visibleStream } from '../context/visible-stream.ts';
import { ownLines } from './own-lines.ts';

function written(stream: { isTTY: boolean; columns?: number }, env = {}): string {
  let text = '';
  const target = { ...stream, write: (more: string) => (text += more) };
  ownLines(visibleStream(target), env).write('message\n');
  return text;
}

describe('a message beside a command', () => {
  it('begins on a line of its own on a terminal, of its width now', () => {
    expect(written({ isTTY: true, columns: 4 })).toBe('\u001b[m    \u001b[G\u001b[2Kmessage\n');
  });

  it('is unchanged in a file, on a dumb terminal, and on a terminal of unknown width', () => {
    expect(written({ isTTY: false })).toBe('message\n');
    expect(written({ isTTY: true, columns: 4 }, { TERM: 'dumb' })).toBe('message\n');
    expect(written({ isTTY: true, columns: 0 })).toBe('message\n');
  });
});
