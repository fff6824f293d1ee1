import { DOMAINS, type DomainName, type LoggerDomain, NODE_LOGGERS } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';

/** Flags of each domain. */
const FLAGS: Readonly<Record<DomainName, readonly [flags: string, description: string]>> = {
  user: ['-u, --userspace', 'user space: Node.js programs'],
  kernel: ['-k, --kernel', 'the Linux kernel, traced by a session daemon of root'],
  jul: ['-j, --jul', 'java.util.logging'],
  log4j: ['-l, --log4j', 'Apache log4j'],
  log4j2: ['--log4j2', 'Apache Log4j 2'],
  python: ['-p, --python', 'Python loggers'],
  console: ['--console', 'console of Node.js programs'],
  pino: ['--pino', 'loggers of the package pino'],
  winston: ['--winston', 'loggers of the package winston'],
  bunyan: ['--bunyan', 'loggers of the package bunyan'],
  log4js: ['--log4js', 'loggers of the package log4js'],
  debug: ['--debug', 'loggers of the package debug'],
};

/** Name of a domain's flag among a command's options. */
type Flag = Exclude<DomainName, 'user'> | 'userspace';

/** The domain flags among a command's options. */
export type DomainOptions = { readonly [Name in Flag]?: boolean };

/** Domains that the help shows. Flags of other domains are accepted as well: the session daemon answers. */
const SHOWN: readonly DomainName[] = ['user', 'kernel', ...NODE_LOGGERS];

/** Loggers whose flags most commands have. */
export const LOGGERS = ['jul', 'log4j', 'python'] as const satisfies readonly LoggerDomain[];

/** Adds LTTng's domain flags, and the flags of the loggers of Node.js. `--log4j2` goes with any other logger. */
export function addDomainOptions(command: Command, loggers: readonly (typeof LOGGERS)[number][] = []): Command {
  const domains: readonly DomainName[] = [
    'user',
    'kernel',
    ...loggers,
    ...(loggers.length > 0 ? (['log4j2'] as const) : []),
    ...NODE_LOGGERS,
  ];
  for (const domain of domains) {
    const [flags, description] = FLAGS[domain];
    command.addOption(new Option(flags, description).hideHelp(!SHOWN.includes(domain)));
  }
  return command;
}

/** All domains that the options name. */
export function namedDomains(options: DomainOptions): DomainName[] {
  return DOMAINS.filter((domain) => options[domain === 'user' ? 'userspace' : domain]);
}

/** The domain that the options name. Of several, it is one other than `user`. */
export function namedDomain(options: DomainOptions): DomainName | undefined {
  const named = namedDomains(options);
  return named.find((domain) => domain !== 'user') ?? named[0];
}

/**
 * The domain that a command is about.
 *
 * @param isKernels whether an option was given that only the kernel has, such as `--syscall`
 * @param loggers whose flags the command has, for the message
 * @throws {CliError} `NO_DOMAIN` without a domain, as LTTng does
 */
export function domainOf(options: DomainOptions, isKernels = false, loggers: readonly LoggerDomain[] = []): DomainName {
  if (isKernels) return 'kernel';
  const domain = namedDomain(options);
  if (domain !== undefined) return domain;
  const flags = ['kernel', 'userspace', ...loggers].map((name) => `--${name}`).join('/');
  throw new CliError('NO_DOMAIN', `Please specify a domain (${flags}).`, 'for Node.js programs: -u');
}
