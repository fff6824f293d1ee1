import { LogLevels } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';

/** Names of log levels by number. */
const LOG_LEVELS = Object.keys(LogLevels).map((name) => name.toUpperCase());

/**
 * The number of a log level that is given as `info`, `TRACE_INFO` or `6`.
 *
 * @throws {CliError} `BAD_LOG_LEVEL` for anything else.
 */
export function parseLogLevel(text: string): number {
  const name = text.toUpperCase().replace(/^TRACE_/, '');
  const index = /^\d+$/.test(text) ? Number(text) : LOG_LEVELS.indexOf(name);
  if (index >= 0 && index < LOG_LEVELS.length) return index;
  const known = LOG_LEVELS.map((level) => level.toLowerCase()).join(', ');
  throw new CliError('BAD_LOG_LEVEL', `unknown log level "${text}"`, `one of ${known}, or a number from 0 to 14`);
}

/** `TRACE_INFO (6)`, as LTTng lists it. */
export function describeLogLevel(level: number): string {
  const name = LOG_LEVELS[level];
  return name === undefined ? String(level) : `TRACE_${name} (${level})`;
}

/**
 * The log levels of `--loglevel`: `info` and all more severe levels, or a range as `err..info`.
 *
 * @throws {CliError} `BAD_LOG_LEVEL`
 */
export function parseLogLevels(text: string): { from: number; to: number } {
  const [first, last, ...more] = text.split('..');
  if (last === undefined) return { from: 0, to: parseLogLevel(text) };
  if (more.length > 0)
    throw new CliError('BAD_LOG_LEVEL', `"${text}" is no range of log levels`, 'for example: err..info');
  const levels = [parseLogLevel(first as string), parseLogLevel(last)];
  return { from: Math.min(...levels), to: Math.max(...levels) };
}
