import { RingtailError } from '@ringtail/base';

export type CliErrorCode =
  | 'BAD_ARGUMENT'
  | 'NO_SESSION'
  | 'NO_DAEMON'
  | 'NO_TRACE'
  | 'OUTPUT_NOT_EMPTY'
  | 'OUTPUT_NOT_WRITABLE'
  | 'COMMAND_NOT_FOUND'
  | 'COMMAND_NOT_EXECUTABLE';

/** A command could not do what it was asked; `hint` names the next step. */
export class CliError extends RingtailError<CliErrorCode> {
  override readonly name = 'CliError';
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, hint?: string) {
    super(code, message);
    this.hint = hint;
  }
}

/** Exit codes, the same as LTTng's command line has. */
export const ExitCode = { OK: 0, ERROR: 1, USAGE: 2, COMMAND_NOT_EXECUTABLE: 126, COMMAND_NOT_FOUND: 127 } as const;
