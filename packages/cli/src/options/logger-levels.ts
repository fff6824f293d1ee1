import { type DomainName, isNodeLogger, LogLevels, type NodeLogger } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';

/** The names of a logger's levels with LTTng's numbers, most severe first. Several names may have one number. */
type LevelNames = readonly (readonly [name: string, level: number])[];

const {
  crit,
  err,
  warning,
  notice,
  info,
  debug_system: http,
  debug_program: verbose,
  debug_line: debug,
  debug: trace,
} = LogLevels;

/** Levels of most packages. */
const SIX_LEVELS: LevelNames = [
  ['fatal', crit],
  ['error', err],
  ['warn', warning],
  ['info', info],
  ['debug', debug],
  ['trace', trace],
];

const LEVELS: Readonly<Record<NodeLogger, LevelNames>> = {
  console: [
    ['error', err],
    ['warn', warning],
    ['info', info],
    ['log', info],
    ['debug', debug],
    ['trace', trace],
  ],
  pino: SIX_LEVELS,
  winston: [
    ['crit', crit],
    ['emerg', crit],
    ['alert', crit],
    ['error', err],
    ['warn', warning],
    ['warning', warning],
    ['notice', notice],
    ['info', info],
    ['http', http],
    ['verbose', verbose],
    ['debug', debug],
    ['silly', trace],
  ],
  bunyan: SIX_LEVELS,
  log4js: SIX_LEVELS,
  debug: [['debug', debug]],
};

/** The names of a domain's levels; undefined where the domain has LTTng's. */
export function levelNamesOf(domain: DomainName): LevelNames | undefined {
  return isNodeLogger(domain) ? LEVELS[domain] : undefined;
}

/** @throws {CliError} `BAD_LOG_LEVEL` for a level that the logger does not have */
export function parseLoggerLevel(text: string, names: LevelNames): number {
  const found = names.find(([name]) => name === text.toLowerCase());
  if (found !== undefined) return found[1];
  const known = names.map(([name]) => name).join(', ');
  throw new CliError('BAD_LOG_LEVEL', `unknown log level "${text}"`, `one of ${known}`);
}
