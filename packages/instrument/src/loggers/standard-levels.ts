/** Levels that several packages have, with their log levels in LTTng's order. */
export const STANDARD_LEVELS = {
  fatal: 'crit',
  error: 'err',
  warn: 'warning',
  info: 'info',
  debug: 'debug_line',
  trace: 'debug',
} as const;
type StandardLevel = keyof typeof STANDARD_LEVELS;

const FROM_DEBUG_ON = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

/**
 * The level of a package's number. A level of the program's own is the next less severe one.
 *
 * @param debug the number of `debug`
 * @param step the distance to `info`, and from there to each more severe level
 */
export function standardLevel(level: number, debug: number, step: number): StandardLevel {
  const rank = Math.floor((level - debug) / step);
  return FROM_DEBUG_ON[Math.min(rank, FROM_DEBUG_ON.length - 1)] ?? 'trace';
}
