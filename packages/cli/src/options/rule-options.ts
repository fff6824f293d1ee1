import { type DomainName, type EventRule, matchesPattern } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';
import { splitNames } from './common-options.ts';
import { checkFilter } from './filter.ts';
import { parseLogLevel, parseLogLevels } from './log-level.ts';

export interface RuleOptions {
  readonly loglevel?: string;
  readonly loglevelOnly?: string;
  readonly exclude?: readonly string[];
  readonly filter?: string;
}

/**
 * The event rule of a name pattern, with the log levels, exclusions and filter that the options give.
 *
 * @throws {CliError} `BAD_ARGUMENT`, `BAD_LOG_LEVEL`, `BAD_FILTER`
 */
export function eventRule(pattern: string, options: RuleOptions, domain: DomainName = 'user'): EventRule {
  const { loglevel, loglevelOnly, filter } = options;
  if (loglevel !== undefined && loglevelOnly !== undefined) {
    throw new CliError('BAD_ARGUMENT', 'give either --loglevel or --loglevel-only');
  }
  const logLevel = loglevel !== undefined ? parseLogLevels(loglevel, domain) : exactly(loglevelOnly, domain);
  return consistentRule(pattern, { exclude: (options.exclude ?? []).flatMap(splitNames), logLevel, filter });
}

/**
 * The event rule of these parts, checked for contradictions.
 *
 * @throws {CliError} `BAD_ARGUMENT` for exclusions that exclude everything, `BAD_FILTER` with the column
 */
export function consistentRule(
  pattern: string,
  parts: {
    readonly exclude: readonly string[];
    readonly logLevel: EventRule['logLevel'] | undefined;
    readonly filter: string | undefined;
  },
): EventRule {
  const { exclude, logLevel, filter } = parts;
  if (exclude.length > 0 && !pattern.includes('*')) {
    throw new CliError('BAD_ARGUMENT', `Event ${pattern}: Exclusions can only be used with a globbing pattern`);
  }
  const everything = exclude.find((excluded) => matchesPattern(excluded, pattern));
  if (everything !== undefined) {
    throw new CliError('BAD_ARGUMENT', `Event ${pattern}: ${everything} excludes all events from ${pattern}`);
  }
  if (filter !== undefined) checkFilter(filter);
  return {
    pattern,
    ...(exclude.length > 0 && { exclude }),
    ...(logLevel !== undefined && { logLevel }),
    ...(filter !== undefined && { filter }),
  };
}

function exactly(text: string | undefined, domain: DomainName): EventRule['logLevel'] | undefined {
  if (text === undefined) return undefined;
  const level = parseLogLevel(text, domain);
  return { from: level, to: level };
}
