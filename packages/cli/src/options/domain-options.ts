import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';

/** The domain flags of a command's options. */
export interface DomainOptions {
  readonly userspace?: boolean;
  readonly kernel?: boolean;
  readonly jul?: boolean;
  readonly log4j?: boolean;
  readonly log4j2?: boolean;
  readonly python?: boolean;
}

/** Domains of loggers, whose flags most commands have besides `-u` and `-k`. */
export const LOGGERS = ['jul', 'log4j', 'python'] as const;
export type LoggerDomain = (typeof LOGGERS)[number];

const LOGGER_FLAGS = {
  jul: ['-j, --jul', 'java.util.logging'],
  log4j: ['-l, --log4j', 'Apache log4j'],
  python: ['-p, --python', 'Python loggers'],
} as const satisfies Record<LoggerDomain, readonly [string, string]>;

/** LTTng's domain flags. Those of domains that are not there yet are understood, so that their refusal can say why. */
export function addDomainOptions(command: Command, loggers: readonly LoggerDomain[] = []): Command {
  command.option('-u, --userspace', 'user space: Node.js programs').addOption(hidden('-k, --kernel', 'Linux kernel'));
  for (const logger of loggers) {
    const [flags, what] = LOGGER_FLAGS[logger];
    command.addOption(hidden(flags, what));
  }
  if (loggers.includes('log4j')) command.addOption(hidden('--log4j2', 'Apache Log4j 2'));
  return command;
}

function hidden(flags: string, what: string): Option {
  return new Option(flags, `${what}: not part of this version`).hideHelp();
}

/**
 * Refuses what has no tracer here; without a domain it asks for one, as LTTng does.
 *
 * @param known the flags that may be given, as the message names them
 * @throws {CliError} `UNSUPPORTED`, `NO_DOMAIN`
 */
export function requireUserspace(options: DomainOptions, loggers: readonly LoggerDomain[] = []): void {
  refuseOtherDomains(options);
  if (options.userspace) return;
  const flags = ['kernel', 'userspace', ...loggers].map((name) => `--${name}`).join('/');
  throw new CliError('NO_DOMAIN', `Please specify a domain (${flags}).`, 'for Node.js programs: -u');
}

/** @throws {CliError} `UNSUPPORTED` */
export function refuseOtherDomains(options: DomainOptions): void {
  if (options.kernel) refuseKernel();
  const logger = (['jul', 'log4j', 'log4j2', 'python'] as const).find((name) => options[name]);
  if (logger === undefined) return;
  throw new CliError(
    'UNSUPPORTED',
    `not supported yet: --${logger}; loggers of Java and Python are not traced by this version`,
    'Node.js programs are traced with -u',
  );
}

/** @throws {CliError} `UNSUPPORTED`, always */
export function refuseKernel(): never {
  throw new CliError(
    'UNSUPPORTED',
    'not supported yet: kernel tracing is not part of this version',
    'Node.js programs are traced with -u',
  );
}
