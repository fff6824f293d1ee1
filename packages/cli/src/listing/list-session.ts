import { didYouMean } from '@ringtail/base/text';
import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { DomainName, SessionDescription, SessionStatistics } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { describeFindings } from '../diagnosis/describe-findings.ts';
import { diagnose, withDaemonFinding } from '../diagnosis/diagnose.ts';
import { diagnoseTroubles } from '../diagnosis/diagnose-troubles.ts';
import { CliError } from '../errors/cli-error.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { addDomainOptions, type DomainOptions, LOGGERS, namedDomains } from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import { sessionNamed } from '../session/current-session.ts';
import { describeSession, onSession } from '../session/on-session.ts';
import { MEMORY_DETAILS, type MemoryDetail } from './describe-memory.ts';
import { describeDomains, describeSessionDetails, type SessionDetails } from './describe-sessions.ts';

/** Options that `list` and `status` share. */
export interface ListingOptions extends DomainOptions {
  readonly channel?: string;
  readonly mapChannel?: string;
  readonly domain?: boolean;
  readonly memUsage: MemoryDetail;
  readonly style: 'breathe' | 'compact';
}

export function addListingOptions(command: Command): Command {
  return addDomainOptions(command, LOGGERS)
    .option('-c, --channel <channel>', 'with a session: only this channel')
    .option('--map-channel <map>', 'with a session: only this map')
    .option('-d, --domain', 'with a session: only its domains')
    .addOption(
      new Option('--style <style>', 'with a session: compact leaves empty lines out')
        .choices(['breathe', 'compact'])
        .default('breathe'),
    )
    .option('--no-truncate', 'accepted for scripts: nothing is truncated')
    .addOption(
      new Option(
        '--mem-usage <detail>',
        'with a session: memory of each channel; compact: and of each user or process in it, full: and of each thread',
      )
        .choices(MEMORY_DETAILS)
        .default('total'),
    );
}

/** @throws {CliError} with the causes where no daemon answers */
export async function listSession(
  context: Context,
  command: Command,
  named: string | undefined,
  options: ListingOptions,
): Promise<void> {
  const name = await sessionNamed(context, named);
  const { findings, ...details } = await onSession(context, name, async (client) => {
    const session = await describeSession(client, name);
    await refuseAbsentDomains(client, session, options);
    const statistics = await statisticsOf(client, name);
    const memory = await client.sessionMemory(name);
    return { session, memory, ...(await diagnose(context, client, session, statistics)) };
  }).catch(async (error: unknown) => {
    throw await withDaemonFinding(context, error);
  });
  const { session, statistics, memory } = onlyAsked(details, options);
  const format = outputFormatOf(command);
  const styled = (text: string): string => (options.style === 'compact' ? text.replace(/\n{2,}/g, '\n') : text);
  if (options.domain) {
    report(context, format, { command: 'list-domains', session }, (style) =>
      styled(describeDomains(style, session, context.uid)),
    );
    return;
  }
  report(context, format, { command: 'list-session', session, statistics, memory, findings }, (style) => {
    const described = describeSessionDetails(style, { session, statistics, memory }, options.memUsage, context.uid);
    return styled(
      [
        described,
        ...describeFindings(
          style,
          findings ?? diagnoseTroubles(session, statistics.troubles),
          statistics.eventsRecorded,
        ),
      ].join('\n'),
    );
  });
}

/** The session daemon refuses a domain that it does not have, in its own words. */
async function refuseAbsentDomains(
  client: SessionDaemonClient,
  { domains }: SessionDescription,
  options: ListingOptions,
): Promise<void> {
  const absent = namedDomains(options).filter((name) => !domains.some(({ domain }) => domain === name));
  for (const domain of absent) await client.listInstrumentation(domain, { fields: false });
}

/** Statistics without the consumer, where it is not available: the listing then shows why. */
async function statisticsOf(client: SessionDaemonClient, session: string): Promise<SessionStatistics> {
  try {
    return await client.sessionStatistics(session);
  } catch (error) {
    if (!(error instanceof CtlError) || error.code !== 'CONSUMER_UNAVAILABLE') throw error;
    return (await client.request('session-diagnosis', { session })).statistics;
  }
}

/**
 * The details with the domains, channels and maps that the options name. Where only a channel is named, no map is left,
 * and the other way round.
 */
function onlyAsked(details: SessionDetails, options: ListingOptions): SessionDetails {
  const { session } = details;
  const { channel, mapChannel } = options;
  const named = namedDomains(options);
  const domains = session.domains.filter(({ domain }) => named.length === 0 || named.includes(domain));
  const place = { session: session.name, domains: named };
  refuseUnknown(
    place,
    'channel',
    channel,
    domains.flatMap(({ channels }) => channels),
  );
  refuseUnknown(
    place,
    'map',
    mapChannel,
    domains.flatMap(({ maps }) => maps),
  );
  const isAsked = (name: string | undefined) => (one: { readonly name: string }) =>
    name === undefined ? channel === undefined && mapChannel === undefined : one.name === name;
  const asked = domains.map((domain) => ({
    ...domain,
    channels: domain.channels.filter(isAsked(channel)),
    maps: domain.maps.filter(isAsked(mapChannel)),
  }));
  const memory = details.memory.filter((ring) =>
    asked.some(({ domain, channels }) => domain === ring.domain && channels.some(({ name }) => name === ring.channel)),
  );
  return { ...details, session: { ...session, domains: asked }, memory };
}

/** @param place the session, and the domains that the options name */
function refuseUnknown(
  { session, domains }: { readonly session: string; readonly domains: readonly DomainName[] },
  kind: 'channel' | 'map',
  name: string | undefined,
  known: readonly { readonly name: string }[],
): void {
  if (name === undefined || known.some((one) => one.name === name)) return;
  const names = known.map((one) => one.name);
  const where = domains.length === 0 ? '' : ` in the domain ${domains.join(' or ')}`;
  throw new CliError(
    kind === 'map' ? 'NO_MAP' : 'NO_CHANNEL',
    `session "${session}" has no ${kind} "${name}"${where}`,
    `${didYouMean(name, names)}ringtail list ${session} names them`,
  );
}
