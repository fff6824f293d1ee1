import { RingtailError } from '@ringtail/base';

export type FilterErrorCode =
  /** The text is no filter expression. */
  | 'SYNTAX'
  /** An operator does not fit its operands, in any event. */
  | 'TYPE';

/** Error of a filter expression, and its place. */
export class FilterError extends RingtailError<FilterErrorCode> {
  override readonly name = 'FilterError';
  /** From 1. */
  readonly column: number;

  constructor(code: FilterErrorCode, message: string, column: number) {
    super(code, message);
    this.column = column;
  }

  override describe(): string {
    return `${super.describe()} (column ${this.column})`;
  }
}
