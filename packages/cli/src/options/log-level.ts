import { type DomainName, LogLevels } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';
import { levelNamesOf, parseLoggerLevel } from './logger-levels.ts';

/** Names of log levels by number. */
const LOG_LEVELS = Object.keys(LogLevels).map((name) => name.toUpperCase());

/**
 * The number of a log level that is given as `info`, `TRACE_INFO` or `6`, or by its name in a domain of loggers.
 *
 * @throws {CliError} `BAD_LOG_LEVEL` for anything else.
 */
export function parseLogLevel(text: string, domain: DomainName = 'user'): number {
  const names = levelNamesOf(domain);
  if (names !== undefined) return parseLoggerLevel(text, names);
  const name = text.toUpperCase().replace(/^TRACE_/, '');
  const index = /^\d+$/.test(text) ? Number(text) : LOG_LEVELS.indexOf(name);
  if (index >= 0 && index < LOG_LEVELS.length) return index;
  const known = LOG_LEVELS.map((level) => level.toLowerCase()).join(', ');
  throw new CliError('BAD_LOG_LEVEL', `unknown log level "${text}"`, `one of ${known}, or a number from 0 to 14`);
}

/** `TRACE_INFO (6)`, as LTTng lists it; the name in a domain of loggers. */
export function describeLogLevel(level: number, domain: DomainName = 'user'): string {
  const names = levelNamesOf(domain);
  if (names !== undefined) return names.find(([, number]) => number === level)?.[0] ?? String(level);
  const name = LOG_LEVELS[level];
  return name === undefined ? String(level) : `TRACE_${name} (${level})`;
}

/**
 * The log levels of `--loglevel`: `info` and all more severe levels, or a range as `err..info`.
 *
 * @throws {CliError} `BAD_LOG_LEVEL`
 */
export function parseLogLevels(text: string, domain: DomainName = 'user'): { from: number; to: number } {
  const [first, last, ...more] = text.split('..');
  if (last === undefined) return { from: 0, to: parseLogLevel(text, domain) };
  if (more.length > 0)
    throw new CliError('BAD_LOG_LEVEL', `"${text}" is no range of log levels`, 'for example: err..info');
  const levels = [first as string, last].map((level) => parseLogLevel(level, domain));
  return { from: Math.min(...levels), to: Math.max(...levels) };
}
