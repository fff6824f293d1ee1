import { oneOf, type Shape } from '../wire/shape.ts';

/** Domains of loggers: LTTng's, then those of Node.js. */
const LOGGER_DOMAINS = ['jul', 'log4j', 'log4j2', 'python', 'console', 'pino', 'winston'] as const;
export type LoggerDomain = (typeof LOGGER_DOMAINS)[number];

/**
 * Kinds of tracers. A session has domains, a domain has channels, a channel has event rules.
 *
 * `user`: programs of users, in user space. A session daemon need not have all of them: it refuses commands about the
 * others.
 */
export const DOMAINS = ['user', 'kernel', ...LOGGER_DOMAINS] as const;
export type DomainName = (typeof DOMAINS)[number];
/** Directory of user space in a trace chunk, a snapshot or a directory of ring files, as LTTng names it. */
export const USER_DIRECTORY = 'ust';

export const domainName: Shape<DomainName> = oneOf(DOMAINS);
