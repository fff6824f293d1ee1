import type { DomainName } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';

/** Domains that have maps in LTTng. */
export const MAP_DOMAINS: readonly DomainName[] = ['user', 'kernel'];

/**
 * The domain that a map belongs to, from `--type`.
 *
 * @throws {CliError} `BAD_ARGUMENT`
 */
export function mapDomain(type: string): DomainName {
  const domain = MAP_DOMAINS.find((known) => known === type);
  if (domain !== undefined) return domain;
  throw new CliError(
    'BAD_ARGUMENT',
    `Invalid value for \`--type\` option: \`${type}\``,
    'for Node.js programs: --type=user',
  );
}
