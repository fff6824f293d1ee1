/** LTTng's log levels by name. Lower numbers are more severe; `debug_line` is the default of a tracepoint. */
export const LogLevels = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug_system: 7,
  debug_program: 8,
  debug_process: 9,
  debug_module: 10,
  debug_unit: 11,
  debug_function: 12,
  debug_line: 13,
  debug: 14,
} as const;

export type LogLevelName = keyof typeof LogLevels;
