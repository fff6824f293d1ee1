import { type ChannelAttributes, DOMAINS, type DomainDescription, type DomainName } from '@ringtail/protocol';
import type { XmlNode } from './xml-node.ts';

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

const BUFFER_TYPES = { user: 'PER_UID', process: 'PER_PID', system: 'GLOBAL' } as const;
type Ownership = ChannelAttributes['ownership'];

/** LTTng's buffer type of a domain. */
export function bufferType({ channels }: Pick<DomainDescription, 'channels'>): string {
  return BUFFER_TYPES[channels[0]?.ownership ?? 'user'];
}

/** The buffer ownership of channels of a domain, from its element `buffer_type`. */
export function ownershipIn(domain: XmlNode): Ownership {
  const type = domain.oneOf('buffer_type', Object.values(BUFFER_TYPES));
  const known = (Object.keys(BUFFER_TYPES) as Ownership[]).find((ownership) => BUFFER_TYPES[ownership] === type);
  return known ?? 'user';
}
