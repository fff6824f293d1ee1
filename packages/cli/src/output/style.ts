import { ownEscape } from '../context/visible-stream.ts';

/** Colours of one output stream. Without colours, every member returns the text unchanged. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Colours for a terminal, but not for a dumb one, nor with a non-empty `NO_COLOR`. */
export function styleFor(stream: { readonly isTTY?: boolean }, env: Environment): Style {
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint =
    (open: number, close: number) =>
    (text: string): string =>
      wanted ? `${ownEscape()}[${open}m${text}${ownEscape()}[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

/** Sequence that resets the colours of a terminal. */
export function resetColours(): string {
  return `${ownEscape()}[m`;
}

/** Sequence that clears the current line of a terminal. */
export function clearedLine(): string {
  return `${ownEscape()}[G${ownEscape()}[2K`;
}
