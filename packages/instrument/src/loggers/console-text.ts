import { format } from 'node:util';
import { copyText, cut, errorText, isStructured, jsonOf, MESSAGE_LENGTH_MAX, plainCopy } from './plain-value.ts';

const PLACE = /%[sdifjoOc%]/g;

/** What a call of the console logs: its text, and its structured arguments as JSON. */
export interface ConsoleText {
  readonly message: string;
  readonly fields: string;
}

/**
 * The text that the console prints for these arguments, on one line, and without code of the program: objects are
 * bounded copies without secrets.
 *
 * @param context structured fields that the text does not have
 */
export function consoleText(args: readonly unknown[], ...context: readonly object[]): ConsoleText {
  const structured = context.map(plainCopy);
  const textOf = (value: unknown): string => {
    if (typeof value === 'string') return value;
    if (typeof value === 'function') return '[Function]';
    if (!isStructured(value)) return format('%O', value);
    const copy = plainCopy(value);
    structured.push(copy);
    return errorText(value) ?? copyText(copy);
  };
  const [first] = args;
  let used = 1;
  const parts: string[] = [];
  if (typeof first !== 'string') used = 0;
  else if (args.length === 1) parts.push(first);
  else {
    const filled = cut(first, MESSAGE_LENGTH_MAX).replace(PLACE, (place) => {
      if (place === '%%') return '%';
      if (used >= args.length) return place;
      const value = args[used++];
      if (place === '%c') return '';
      return isStructured(value) || typeof value === 'function' ? textOf(value) : format(place, value);
    });
    parts.push(filled);
  }
  for (const value of args.slice(used, used + 64)) parts.push(textOf(value));
  return { message: cut(parts.join(' '), MESSAGE_LENGTH_MAX), fields: jsonOf(structured) };
}
