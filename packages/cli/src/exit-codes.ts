import { RingtailError } from '@ringtail/base';
import { ExitCode } from './errors.ts';

interface CodeEntry {
  /** Exit code of a command that ends with this error; 1 where absent. */
  readonly exit?: number;
  /** LTTng's number for the same error (`lttng_error_code`), which some of its commands exit with; JSON has it as `lttngCode`. */
  readonly lttng?: number;
}

/** What each error code means to the process that runs us. Codes that are not here exit with 1 and have no number. */
const CODES: Readonly<Record<string, CodeEntry>> = {
  UNKNOWN_ACTION: { exit: ExitCode.USAGE },
  NO_DAEMON: { lttng: 19 },
  DAEMON_GONE: { exit: ExitCode.FATAL },
  NO_SESSION: { lttng: 23 },
  NO_SUCH_SESSION: { lttng: 23 },
  SESSION_EXISTS: { lttng: 28 },
  CHANNEL_EXISTS: { exit: ExitCode.WARNING },
  CONTEXT_EXISTS: { exit: ExitCode.WARNING },
  NO_RULE: { lttng: 76 },
  ALREADY_STARTED: { exit: ExitCode.WARNING, lttng: 80 },
  ALREADY_STOPPED: { exit: ExitCode.WARNING, lttng: 81 },
  CHANNEL_NAME_NEEDED: { lttng: 83 },
  BAD_LOG_LEVEL: { lttng: 97 },
  BAD_FILTER: { lttng: 106 },
  SYNTAX: { lttng: 106 },
  NOT_STARTED: { lttng: 118 },
  COMMAND_NOT_EXECUTABLE: { exit: ExitCode.COMMAND_NOT_EXECUTABLE },
  COMMAND_NOT_FOUND: { exit: ExitCode.COMMAND_NOT_FOUND },
};

/** Errors that leave things as they were asked to be; they are told as warnings. */
export function isWarning(error: unknown): boolean {
  return exitCodeOf(error) === ExitCode.WARNING;
}

export function exitCodeOf(error: unknown): number {
  return (error instanceof RingtailError ? CODES[error.code]?.exit : undefined) ?? ExitCode.ERROR;
}

export function lttngNumberOf(code: string): number | undefined {
  return CODES[code]?.lttng;
}
