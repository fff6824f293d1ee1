import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { SessionStatistics } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { withDaemon } from '../daemon/daemon.ts';
import { describeFindings } from '../diagnosis/describe-findings.ts';
import { diagnose, withDaemonFinding } from '../diagnosis/diagnose.ts';
import { diagnoseTroubles } from '../diagnosis/diagnose-troubles.ts';
import { CliError } from '../errors/cli-error.ts';
import { didYouMean } from '../errors/nearest.ts';
import { MEMORY_DETAILS, type MemoryDetail } from '../listing/describe-memory.ts';
import {
  describeDomains,
  describeSessionDetails,
  describeSessionList,
  type SessionDetails,
} from '../listing/describe-sessions.ts';
import { describeApplications, describeLoggers } from '../listing/describe-tracepoints.ts';
import { outputFormatOf } from '../options/common-options.ts';
import {
  addDomainOptions,
  type DomainOptions,
  LOGGERS,
  type LoggerDomain,
  refuseKernel,
} from '../options/domain-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { sessionNamed } from '../session/current-session.ts';
import { describeSession, onSession } from '../session/on-session.ts';

export interface ListOptions extends DomainOptions {
  readonly channel?: string;
  readonly mapChannel?: string;
  readonly domain?: boolean;
  readonly fields?: boolean;
  readonly memUsage: MemoryDetail;
  readonly style: 'breathe' | 'compact';
  readonly syscall?: boolean;
}

export function addList(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('list')
    .description('list sessions, or one session in detail, or with -u the tracepoints of running programs')
    .argument('[session]', 'session to describe');
  addListingOptions(command)
    .option('-f, --fields', 'with -u: the fields of each tracepoint as well')
    .addOption(new Option('-S, --syscall', 'kernel only').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  ringtail list\n  ringtail list my-session\n  ringtail list my-session --channel=channel0\n  ringtail list -u --fields',
    );
  act(command, async (name: string | undefined, options: ListOptions) => {
    if (options.kernel || options.syscall) refuseKernel();
    if (name !== undefined) await listSession(context, command, name, options);
    else if (options.channel !== undefined || options.mapChannel !== undefined || options.domain)
      throw new CliError('BAD_ARGUMENT', 'name a session');
    else if (options.userspace || loggersOf(options).length > 0) await listInstrumentation(context, command, options);
    else await listSessions(context, command);
    return undefined;
  });
  return command;
}

/** What `list` and `status` have in common. */
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

async function listSessions(context: Context, command: Command): Promise<void> {
  const sessions = await withDaemon(context, (client) => client.listSessions());
  report(context, outputFormatOf(command), { command: 'list-sessions', sessions }, (style) =>
    describeSessionList(style, sessions, context.uid),
  );
}

/** @throws {CliError} with the causes, where no daemon answers */
export async function listSession(
  context: Context,
  command: Command,
  named: string | undefined,
  options: ListOptions,
): Promise<void> {
  const name = sessionNamed(context, named);
  const { findings, ...details } = await onSession(context, name, async (client) => {
    const session = await describeSession(client, name);
    const statistics = await statisticsOf(client, name);
    const memory = await client.sessionMemory(name);
    return { session, statistics, memory, findings: await diagnose(context, client, session, statistics) };
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

/** That nobody can count is a reason to say why, not to say nothing. */
async function statisticsOf(client: SessionDaemonClient, session: string): Promise<SessionStatistics> {
  try {
    return await client.sessionStatistics(session);
  } catch (error) {
    if (!(error instanceof CtlError) || error.code !== 'CONSUMER_UNAVAILABLE') throw error;
    return (await client.request('session-diagnosis', { session })).statistics;
  }
}

/** The details with the channels and maps that the options ask for: with the name of one kind, none of the other. */
function onlyAsked(details: SessionDetails, options: ListOptions): SessionDetails {
  const { session } = details;
  const { channel, mapChannel } = options;
  // What there is of other domains than user space: nothing.
  const isElsewhere = loggersOf(options).length > 0 && !options.userspace;
  const chosen = <T extends { readonly name: string }>(
    all: readonly T[],
    kind: 'channel' | 'map',
    name?: string,
  ): T[] => {
    if (isElsewhere) return [];
    if (name === undefined) return channel === undefined && mapChannel === undefined ? [...all] : [];
    const found = all.filter((one) => one.name === name);
    if (found.length > 0) return found;
    const names = all.map((one) => one.name);
    throw new CliError(
      kind === 'map' ? 'NO_MAP' : 'NO_CHANNEL',
      `session "${session.name}" has no ${kind} "${name}"`,
      `${didYouMean(name, names)}ringtail list ${session.name} names them`,
    );
  };
  const channels = chosen(session.channels, 'channel', channel);
  const maps = chosen(session.maps, 'map', mapChannel);
  const memory = details.memory.filter((ring) => channels.some(({ name }) => name === ring.channel));
  return { ...details, session: { ...session, channels, maps }, memory };
}

async function listInstrumentation(context: Context, command: Command, options: ListOptions): Promise<void> {
  const format = outputFormatOf(command);
  const fields = options.fields === true;
  if (options.userspace) {
    // Programs get what there is; people and LTTng's machine interface get fields with --fields only.
    const asked = { fields: fields || format === 'json' };
    const applications = await withDaemon(context, (client) => client.listApplications(asked));
    report(context, format, { command: 'list-tracepoints', applications, fields }, (style) =>
      describeApplications(style, applications, fields),
    );
  }
  const domains = loggersOf(options);
  if (domains.length > 0) {
    report(context, format, { command: 'list-loggers', domains }, () => describeLoggers(domains));
  }
}

/** Loggers of Java and Python are listed as LTTng does where none is registered. */
function loggersOf(options: ListOptions): LoggerDomain[] {
  return LOGGERS.filter((domain) => options[domain] || (domain === 'log4j' && options.log4j2));
}
