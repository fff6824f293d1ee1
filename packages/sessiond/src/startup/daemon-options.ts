import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError } from '@ringtail/base';
import { DEFAULT_GROUP, homeDirectory, processTrust } from '@ringtail/posix';
import { TRACE_FORMATS, type TraceFormat } from '@ringtail/protocol';
import { LOG_LEVELS, type LogLevel } from '../log/log.ts';
import { type MetricsAddress, parseMetricsAddress } from '../metrics/metrics-address.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { configFlag, parseConfig } from './config-file.ts';
import { OPTIONS, type OptionDescription, type OptionName } from './option-table.ts';

export const SYSTEM_DIRECTORY = '/etc/ringtail';
const CONFIG_NAME = 'ringtail.conf';

export interface DaemonOptions {
  /** Whether the process stays in the foreground, or goes to the background with or without a console. */
  readonly background: 'no' | 'console' | 'closed';
  readonly sigParent: boolean;
  readonly pidFile: string | undefined;
  /** File or directory of saved sessions, instead of the usual directories. */
  readonly load: string | undefined;
  readonly group: string;
  readonly rundir: string | undefined;
  readonly defaultFormat: TraceFormat;
  readonly logLevel: LogLevel;
  readonly logStderr: boolean;
  readonly readyFd: number | undefined;
  readonly lifeline: boolean;
  readonly consumer: string | undefined;
  /** Address of the metrics endpoint; undefined: none. */
  readonly metrics: MetricsAddress | undefined;
  /** Whether the kernel is not traced. */
  readonly noKernel: boolean;
  readonly metricsTokenFile: string | undefined;
}

export type DaemonInvocation =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly options: DaemonOptions };

export interface DaemonSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; undefined if there is no such file. */
  readonly readFile: (path: string) => string | undefined;
}

type Values = Readonly<Partial<Record<OptionName, string | number>>>;

/**
 * Reads the daemon's options from the environment, the configuration files and the command line; later ones win.
 *
 * @throws {DaemonError} `BAD_ARGUMENT`; {DirectoryRefused} if the environment's list of trusted users is malformed
 */
export function readDaemonOptions(args: readonly string[], surroundings: DaemonSurroundings): DaemonInvocation {
  const given = parseCommandLine(args);
  if (given.help !== undefined) return { kind: 'help' };
  if (given.version !== undefined) return { kind: 'version' };
  // Each check of a directory would report a malformed list of trusted users, as if the directory were at fault.
  processTrust(surroundings.env);
  const home = homeDirectory(surroundings.env);
  const usual = [join(SYSTEM_DIRECTORY, CONFIG_NAME), join(home, '.ringtail', CONFIG_NAME)];
  const format = surroundings.env.RINGTAIL_SESSIOND_DEFAULT_TRACE_FORMAT;
  const values: Values = {
    ...(format ? { 'default-trace-format': format } : {}),
    ...Object.assign({}, ...usual.map((path) => readConfig(path, surroundings) ?? {})),
    ...namedConfig(given.config, surroundings),
    ...given,
  };
  return { kind: 'run', options: optionsOf(values) };
}

function namedConfig(path: string | number | undefined, surroundings: DaemonSurroundings): Values {
  if (path === undefined) return {};
  const values = readConfig(resolve(String(path)), surroundings);
  if (values === undefined) throw new DaemonError('BAD_ARGUMENT', `there is no configuration file ${path}`);
  return values;
}

function readConfig(path: string, { readFile }: DaemonSurroundings): Values | undefined {
  let text: string | undefined;
  try {
    text = readFile(path);
  } catch (error) {
    throw new DaemonError('BAD_ARGUMENT', `the configuration file cannot be read: ${describeError(error)}`);
  }
  if (text === undefined) return undefined;
  const values: Record<string, string | number> = {};
  for (const entry of parseConfig(text, path)) {
    const { option, value, at } = entry;
    const description = descriptionOf(option);
    if (description === undefined || ['config', 'help', 'version'].includes(option)) {
      throw new DaemonError('BAD_ARGUMENT', `${at}: there is no option ${option} for a configuration file`);
    }
    refuse(option, description, at);
    if (description.argument !== undefined) values[option] = value;
    else if (option === 'verbose' && /^[0-9]$/.test(value)) values[option] = Number(value);
    else values[option] = configFlag(entry) ? 1 : 0;
  }
  return values;
}

/** The options of the command line: their arguments, or how often an option without one was given. */
function parseCommandLine(args: readonly string[]): Values {
  const values: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(parse(args))) {
    const description = descriptionOf(name) as OptionDescription;
    refuse(name, description);
    values[name] = Array.isArray(value) ? value.length : (value as string);
  }
  return values;
}

function parse(args: readonly string[]): Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>> {
  const options = Object.entries<OptionDescription>(OPTIONS).map(([name, { short, argument }]) => [
    name,
    { ...(short && { short }), ...(argument ? { type: 'string' } : { type: 'boolean', multiple: true }) } as const,
  ]);
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(options) }).values;
  } catch (error) {
    throw new DaemonError('BAD_ARGUMENT', `${describeError(error)}; --help lists the options`);
  }
}

function descriptionOf(name: string): OptionDescription | undefined {
  return Object.hasOwn(OPTIONS, name) ? OPTIONS[name as OptionName] : undefined;
}

function refuse(name: string, { refused }: OptionDescription, at?: string): void {
  if (refused === undefined) return;
  const place = at === undefined ? '' : `${at}: `;
  throw new DaemonError('BAD_ARGUMENT', `${place}--${name} is not supported: ${refused}`);
}

function optionsOf(values: Values): DaemonOptions {
  const text = (name: OptionName) => (values[name] === undefined ? undefined : String(values[name]));
  const path = (name: OptionName) => (values[name] === undefined ? undefined : resolve(String(values[name])));
  const count = (name: OptionName) => Number(values[name] ?? 0);
  const readyFd = text('ready-fd');
  if (readyFd !== undefined && !/^[1-9][0-9]{0,5}$/.test(readyFd)) {
    throw new DaemonError('BAD_ARGUMENT', '--ready-fd must be the number of a descriptor');
  }
  if (count('quiet') > 0 && count('verbose') > 0) {
    throw new DaemonError('BAD_ARGUMENT', '--quiet and --verbose exclude each other');
  }
  const metrics = text('metrics');
  if (metrics === undefined && values['metrics-token-file'] !== undefined) {
    throw new DaemonError('BAD_ARGUMENT', '--metrics-token-file requires --metrics');
  }
  return {
    background: count('daemonize') > 0 ? 'closed' : count('background') > 0 ? 'console' : 'no',
    sigParent: count('sig-parent') > 0,
    pidFile: path('pidfile'),
    load: path('load'),
    group: text('group') ?? DEFAULT_GROUP,
    rundir: text('rundir'),
    defaultFormat: oneOf('default-trace-format', text('default-trace-format') ?? 'ctf-1.8', TRACE_FORMATS),
    logLevel: oneOf('log-level', text('log-level') ?? impliedLogLevel(count('quiet'), count('verbose')), LOG_LEVELS),
    logStderr: count('log-stderr') > 0 || count('verbose') > 0,
    readyFd: readyFd === undefined ? undefined : Number(readyFd),
    lifeline: count('lifeline') > 0,
    consumer: path('consumer'),
    metrics: metrics === undefined ? undefined : parseMetricsAddress(metrics),
    noKernel: count('no-kernel') > 0,
    metricsTokenFile: path('metrics-token-file'),
  };
}

function impliedLogLevel(quiet: number, verbose: number): LogLevel {
  if (quiet > 0) return 'error';
  return verbose > 1 ? 'debug' : 'info';
}

function oneOf<T extends string>(name: OptionName, word: string, words: readonly T[]): T {
  const found = words.find((candidate) => candidate === word);
  if (found === undefined) throw new DaemonError('BAD_ARGUMENT', `--${name} must be one of ${words.join(', ')}`);
  return found;
}
