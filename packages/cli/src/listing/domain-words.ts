import { type DomainName, domainDirectory, type LoggerDomain } from '@ringtail/protocol';

/** LTTng's words for a domain in its listings and messages. */
interface DomainWords {
  /** In messages: `ust channel c enabled`. */
  readonly adjective: string;
  /** Heading of its channels. */
  readonly heading: string;
  /** Its line in a list of domains. */
  readonly item: string;
  /** Heading of the events that it can record. */
  readonly events: string;
}

const WORDS: Readonly<Record<Exclude<DomainName, LoggerDomain>, DomainWords>> = {
  user: {
    adjective: domainDirectory('user'),
    heading: 'User space',
    item: 'UST global',
    events: 'UST events:\n-------------',
  },
  kernel: {
    adjective: domainDirectory('kernel'),
    heading: 'Linux kernel',
    item: 'Kernel',
    events: 'Kernel events:\n-------------',
  },
};

export function domainWords(domain: DomainName): DomainWords {
  return domain === 'user' || domain === 'kernel' ? WORDS[domain] : loggerWords(domain);
}

function loggerWords(domain: LoggerDomain): DomainWords {
  const events = `${domain} events (Logger name):\n-------------------------`;
  return { adjective: domain, heading: `${domain} loggers`, item: `${domain} loggers`, events };
}
