import type { VisitedField } from '@ringtail/ctf';
import { plainValue } from '../fields/field-place.ts';

/** Of a text, for reports. */
export const LINE_LENGTH_MAX = 500;
const STACK_LINES_MAX = 20;

/** Matches a frame in Node.js itself (`node:…`) or in a function that is built into V8. */
const OF_NODE = /(?:^|\(|async )(?:node:[^()]*|<anonymous>|native)\)?$/;

/**
 * Matches a function of V8 that runs a regular expression. V8 interrupts these functions within the expression only, so
 * a stack that was taken in one of them is of an expression that takes long.
 */
const OF_REGULAR_EXPRESSION =
  /^(?:RegExp(?:StringIterator)?\.|(?:String\.|\[Symbol\.)(?:match|matchAll|replace|replaceAll|search|split)\b).*<anonymous>/;

/** Lines of a stack, the innermost first: a sequence of texts, or one text with several lines and a message before. */
export function stackLines(value: VisitedField): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return trimmed(value.map(String)).map(withoutAt);
  const lines = trimmed(String(plainValue(value) ?? '').split('\n'));
  const frames = lines.filter((line) => line.startsWith('at '));
  return (frames.length === 0 ? lines : frames).map(withoutAt);
}

function trimmed(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

function withoutAt(line: string): string {
  return line.replace(/^at /, '');
}

/** Whether a frame is code of the program, not of Node.js or V8. */
export function isOfProgram(frame: string): boolean {
  return !OF_NODE.test(frame.slice(-LINE_LENGTH_MAX));
}

/** Index of the first frame that is code of the program, not of Node.js or V8. 0 if all are theirs. */
export function programFrameAt(stack: readonly string[]): number {
  return Math.max(0, stack.findIndex(isOfProgram));
}

/** The part of a stack that reports show. */
export function shortStack(lines: readonly string[]): string[] {
  return lines.slice(0, STACK_LINES_MAX).map((line) => line.slice(0, LINE_LENGTH_MAX));
}

/** Whether the stack was taken within a regular expression. */
export function isInRegularExpression([innermost = '']: readonly string[]): boolean {
  return OF_REGULAR_EXPRESSION.test(innermost);
}
