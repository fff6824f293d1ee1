import { DOMAINS, type DomainDescription, type DomainName } from '@ringtail/protocol';

/** LTTng's types of domains that are not our names in capital letters. */
const OTHER_NAMES: Partial<Record<DomainName, string>> = { user: 'UST' };

/** Type of a domain in LTTng's XML: in saved sessions and in the machine interface. */
export function domainType(domain: DomainName): string {
  return OTHER_NAMES[domain] ?? domain.toUpperCase();
}

export const DOMAIN_TYPES: readonly string[] = DOMAINS.map(domainType);

/** The domain of a type in LTTng's XML. */
export function domainOfType(type: string): DomainName | undefined {
  return DOMAINS.find((domain) => domainType(domain) === type);
}

/** LTTng's buffer type of a domain. */
export function bufferType({ channels }: Pick<DomainDescription, 'channels'>): 'PER_PID' | 'PER_UID' {
  return channels[0]?.ownership === 'process' ? 'PER_PID' : 'PER_UID';
}
