import { oneOf, type Shape } from '../wire/shape.ts';

/** Domains of loggers of Node.js. */
export const NODE_LOGGERS = ['console', 'pino', 'winston', 'bunyan', 'log4js', 'debug'] as const;
export type NodeLogger = (typeof NODE_LOGGERS)[number];

/** Domains of loggers: LTTng's, then those of Node.js. */
const LOGGER_DOMAINS = ['jul', 'log4j', 'log4j2', 'python', ...NODE_LOGGERS] as const;
export type LoggerDomain = (typeof LOGGER_DOMAINS)[number];

export function isNodeLogger(domain: DomainName): domain is NodeLogger {
  return (NODE_LOGGERS as readonly DomainName[]).includes(domain);
}

/** Provider of the events of a logger of Node.js. */
export function loggerProvider(logger: NodeLogger): string {
  return `node_${logger}`;
}

/**
 * Kinds of tracers. A session has domains, a domain has channels, a channel has event rules.
 *
 * `user`: programs of users, in user space. A session daemon need not have all of them: it refuses commands about the
 * others.
 */
export const DOMAINS = ['user', 'kernel', ...LOGGER_DOMAINS] as const;
export type DomainName = (typeof DOMAINS)[number];
export const domainName: Shape<DomainName> = oneOf(DOMAINS);

/**
 * Directory of a domain in a trace chunk, a snapshot or a directory of ring files. It is LTTng's short name of the
 * domain, also in metadata and messages. Loggers record through user space.
 */
export function domainDirectory(domain: DomainName): string {
  return domain === 'kernel' ? 'kernel' : 'ust';
}

/** Directories that the domains of a session have in a trace chunk. */
export const DOMAIN_DIRECTORIES: readonly string[] = [...new Set(DOMAINS.map(domainDirectory))];
