import { RingtailError } from '@ringtail/base';

/** Exit codes of LTTng's manual pages, and a shell's codes for commands that `record` cannot run. */
export const ExitCode = {
  OK: 0,
  ERROR: 1,
  /** Unknown command, option or action. */
  USAGE: 2,
  FATAL: 3,
  /** Nothing had to be done, or only a part was done. */
  WARNING: 4,
  COMMAND_NOT_EXECUTABLE: 126,
  COMMAND_NOT_FOUND: 127,
} as const;

interface CodeEntry {
  /** Exit code of a command that fails with this error; 1 where absent. */
  readonly exit?: number;
  /** Exit codes of single commands, as in `lttng` 2.13: scripts may rely on them. */
  readonly exitOf?: Readonly<Record<string, number>>;
  /** Whether it is a warning, since the requested state holds already. */
  readonly warning?: true;
  /** LTTng's number for the error (`lttng_error_code`), `lttngCode` in JSON. */
  readonly lttng?: number;
}

const NO_SUCH_SESSION = 23;
const NOT_STARTED = 118;

const COMMANDS_THAT_NUMBER_A_MISSING_SESSION = [
  'start',
  'stop',
  'clear',
  'destroy',
  'save',
  'enable-event',
  'disable-event',
  'regenerate',
  'metadata',
] as const;

/** Exit code and number by error code. Other codes exit with 1 and have no number. */
const CODES: Readonly<Record<string, CodeEntry>> = {
  UNKNOWN_ACTION: { exit: ExitCode.USAGE },
  NO_DAEMON: { lttng: 19 },
  DAEMON_GONE: { exit: ExitCode.FATAL },
  NO_SESSION: { lttng: NO_SUCH_SESSION },
  NO_SUCH_SESSION: {
    exitOf: {
      ...Object.fromEntries(COMMANDS_THAT_NUMBER_A_MISSING_SESSION.map((command) => [command, NO_SUCH_SESSION])),
      'disable-channel': ExitCode.WARNING,
      'add-context': ExitCode.WARNING,
    },
    lttng: NO_SUCH_SESSION,
  },
  SESSION_EXISTS: { lttng: 28 },
  NAME_TAKEN: { lttng: 28 },
  CHANNEL_EXISTS: { exit: ExitCode.WARNING, warning: true },
  CONTEXT_EXISTS: { exit: ExitCode.WARNING, warning: true },
  UNKNOWN_CONTEXT: { exit: ExitCode.FATAL },
  STARTED_ONCE: { exit: ExitCode.WARNING },
  NO_CHANNEL: {
    exitOf: { start: 72, 'disable-event': 59, 'disable-channel': ExitCode.WARNING, 'add-context': ExitCode.WARNING },
    lttng: 72,
  },
  RULE_EXISTS: { exit: 55, lttng: 55 },
  NO_RULE: { exit: 76, lttng: 76 },
  ALREADY_STARTED: { exit: 80, warning: true, lttng: 80 },
  ALREADY_STOPPED: { exit: 81, warning: true, lttng: 81 },
  CHANNEL_NAME_NEEDED: { exit: 83, lttng: 83 },
  FILE_EXISTS: { exit: 85, lttng: 85 },
  BAD_LOG_LEVEL: { exitOf: { 'enable-event': 97 }, lttng: 97 },
  BAD_FILTER: { exit: 106, exitOf: { 'add-trigger': ExitCode.ERROR }, lttng: 106 },
  SYNTAX: { lttng: 106 },
  NOT_STARTED: { exitOf: { regenerate: NOT_STARTED, metadata: NOT_STARTED }, lttng: NOT_STARTED },
  NEVER_STARTED: { exitOf: { regenerate: NOT_STARTED, metadata: NOT_STARTED } },
  PER_PROCESS_SESSION: { exit: 120, lttng: 120 },
  ROTATION_PENDING: { lttng: 129 },
  COMMAND_NOT_EXECUTABLE: { exit: ExitCode.COMMAND_NOT_EXECUTABLE },
  COMMAND_NOT_FOUND: { exit: ExitCode.COMMAND_NOT_FOUND },
};

/** Whether an error is reported as a warning. */
export function isWarning(error: unknown): boolean {
  return entryOf(error)?.warning === true;
}

/** @param command name of the command that fails */
export function exitCodeOf(error: unknown, command: string): number {
  const entry = entryOf(error);
  return entry?.exitOf?.[command] ?? entry?.exit ?? ExitCode.ERROR;
}

export function lttngNumberOf(code: string): number | undefined {
  return Object.hasOwn(CODES, code) ? CODES[code]?.lttng : undefined;
}

function entryOf(error: unknown): CodeEntry | undefined {
  return error instanceof RingtailError && Object.hasOwn(CODES, error.code) ? CODES[error.code] : undefined;
}
