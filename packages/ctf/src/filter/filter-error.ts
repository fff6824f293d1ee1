import { RingtailError } from '@ringtail/base';

export type FilterErrorCode =
  /** The text is no filter expression. */
  | 'SYNTAX'
  /** An operator does not go with its operands, whatever the event. */
  | 'TYPE';

/** What is wrong with a filter expression, and where. */
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
