import { FilterError, parseFilter } from '@ringtail/ctf/filter';
import { CliError } from '../errors/cli-error.ts';
import { pointAt } from '../options/filter.ts';

/** A field of an event or context, or an element of a field, as a path of names and indexes. */
export type CapturedField = Extract<ReturnType<typeof parseFilter>, { readonly kind: 'field' }>;

/**
 * Parses an expression of `--capture`: a field of the event or of a context, or an element of a field.
 *
 * @throws {CliError} `BAD_ARGUMENT` with the column and a line that points at it
 */
export function parseCapture(text: string): CapturedField {
  try {
    const expression = parseFilter(text);
    if (expression.kind === 'field') return expression;
    throw wrong(
      text,
      'only a field can be captured: NAME, NAME[INDEX], $ctx.NAME or $app.PROVIDER:NAME',
      expression.column,
    );
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw wrong(text, error.message, error.column);
  }
}

function wrong(text: string, problem: string, column: number): CliError {
  return new CliError(
    'BAD_ARGUMENT',
    `Failed to parse capture expression \`${text}\`: ${problem} (column ${column})`,
    pointAt(text, column),
  );
}
