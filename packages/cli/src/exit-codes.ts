import { RingtailError } from '@ringtail/base';
import { ExitCode } from './errors.ts';

interface CodeEntry {
  /** Exit code of a command that ends with this error; 1 where absent. */
  readonly exit?: number;
  /** Things are as they were asked to be; it is told as a warning. */
  readonly warning?: true;
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
  CHANNEL_EXISTS: { exit: ExitCode.WARNING, warning: true },
  CONTEXT_EXISTS: { exit: ExitCode.WARNING, warning: true },
  STARTED_ONCE: { exit: ExitCode.WARNING },
  NO_CHANNEL: { lttng: 72 },
  NO_RULE: { lttng: 76 },
  ALREADY_STARTED: { exit: ExitCode.WARNING, warning: true, lttng: 80 },
  ALREADY_STOPPED: { exit: ExitCode.WARNING, warning: true, lttng: 81 },
  CHANNEL_NAME_NEEDED: { lttng: 83 },
  BAD_LOG_LEVEL: { lttng: 97 },
  BAD_FILTER: { lttng: 106 },
  SYNTAX: { lttng: 106 },
  NOT_STARTED: { lttng: 118 },
  PER_PROCESS_SESSION: { lttng: 120 },
  COMMAND_NOT_EXECUTABLE: { exit: ExitCode.COMMAND_NOT_EXECUTABLE },
  COMMAND_NOT_FOUND: { exit: ExitCode.COMMAND_NOT_FOUND },
};

/** Whether an error is told as a warning. */
export function isWarning(error: unknown): boolean {
  return entryOf(error)?.warning === true;
}

export function exitCodeOf(error: unknown): number {
  return entryOf(error)?.exit ?? ExitCode.ERROR;
}

export function lttngNumberOf(code: string): number | undefined {
  return Object.hasOwn(CODES, code) ? CODES[code]?.lttng : undefined;
}

function entryOf(error: unknown): CodeEntry | undefined {
  return error instanceof RingtailError && Object.hasOwn(CODES, error.code) ? CODES[error.code] : undefined;
}
