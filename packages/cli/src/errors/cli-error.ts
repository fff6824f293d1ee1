import { RingtailError } from '@ringtail/base';
import type { Finding } from './finding.ts';

/** A command failed; `hint` names the next step. Codes of daemons pass through unchanged. */
export class CliError extends RingtailError<string> {
  override readonly name = 'CliError';
  readonly hint: string | undefined;
  /** Causes for programs; `hint` has them for people. */
  readonly findings: readonly Finding[];

  constructor(code: CliErrorCode | (string & {}), message: string, hint?: string, findings: readonly Finding[] = []) {
    super(code, message);
    this.hint = hint;
    this.findings = findings;
  }
}

/** Codes of the command line itself. */
export type CliErrorCode =
  | 'BAD_ARGUMENT'
  | 'BAD_FILTER'
  | 'BAD_LOG_LEVEL'
  | 'BAD_SETTINGS'
  | 'UNKNOWN_ACTION'
  | 'UNSUPPORTED'
  | 'FILE_NOT_WRITTEN'
  | 'NO_DOMAIN'
  | 'NO_SESSION'
  | 'NO_DAEMON'
  | 'NO_SUCH_USER'
  | 'NO_TRACE'
  | 'NO_SAMPLES'
  | 'TRACE_IN_USE'
  | 'TRACE_NOT_REMOVED'
  | 'NO_WORKING_DIRECTORY'
  | 'OUTPUT_NOT_EMPTY'
  | 'OUTPUT_NOT_WRITABLE'
  | 'ENDPOINT_FAILED'
  | 'COMMAND_NOT_FOUND'
  | 'COMMAND_NOT_EXECUTABLE';
