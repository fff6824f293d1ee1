import { FilterError, parseFilter } from '@ringtail/ctf/filter';
import { FILTER_BYTES_MAX } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';

/** Characters of a wrong expression that are shown on each side of the mistake. */
const SHOWN_BEFORE = 50;
const SHOWN_AFTER = 30;

/**
 * Checks an expression of LTTng's filter language. The error has the column, and a line that points at it.
 *
 * @throws {CliError} `BAD_FILTER`
 */
export function checkFilter(text: string): void {
  if (Buffer.byteLength(text) > FILTER_BYTES_MAX) {
    throw new CliError('BAD_FILTER', `the filter is longer than ${FILTER_BYTES_MAX} bytes`);
  }
  try {
    parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new CliError('BAD_FILTER', `filter: ${error.describe()}`, pointAt(text, error.column));
  }
}

/** The expression, or its part around the column, above a caret. Columns count from 1. */
export function pointAt(text: string, column: number): string {
  const from = Math.max(0, column - 1 - SHOWN_BEFORE);
  const shown = text.slice(from, column - 1 + SHOWN_AFTER).replace(/[\t\r\n]/g, ' ');
  return `${shown}\n${' '.repeat(column - 1 - from)}^`;
}
