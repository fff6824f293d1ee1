import type { ApplicationDescription, EventRule, SessionDescription, SessionStatistics } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { withDaemon } from '../daemon.ts';
import { CliError } from '../errors.ts';
import { describeLogLevel } from '../log-level.ts';
import { outputFormatOf } from '../options.ts';
import { formatBytes, formatCount } from '../quantity.ts';
import type { Style } from '../style.ts';

export function addList(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('list')
    .description('list sessions, or one session in detail, or with -u the tracepoints of running programs')
    .argument('[session]', 'session to describe')
    .option('-u, --userspace', 'tracepoints of the programs that are registered now')
    .addHelpText('after', '\nExamples:\n  ringtail list\n  ringtail list my-session\n  ringtail list -u');
  act(command, async (name: string | undefined, options: { userspace?: boolean }) => {
    const format = outputFormatOf(command);
    if (name !== undefined) {
      const [session, statistics] = await withDaemon(context, async (client) => {
        const found = (await client.listSessions()).find((one) => one.name === name);
        if (found === undefined)
          throw new CliError('NO_SESSION', `there is no session "${name}"`, 'ringtail list names them');
        return [found, await client.sessionStatistics(name)] as const;
      });
      report(context, format, { session, statistics }, (style) => describeSession(style, session, statistics));
    } else if (options.userspace) {
      const applications = await withDaemon(context, (client) => client.listApplications());
      report(context, format, { applications }, (style) => describeApplications(style, applications));
    } else {
      const sessions = await withDaemon(context, (client) => client.listSessions());
      report(context, format, { sessions }, (style) => describeSessions(style, sessions));
    }
    return undefined;
  });
  return command;
}

function describeSessions(style: Style, sessions: readonly SessionDescription[]): string {
  if (sessions.length === 0) return 'Currently no available recording session';
  const lines = sessions.map(
    (session, index) =>
      `  ${index + 1}) ${style.bold(session.name)} [${activity(style, session)}]\n     ${session.output}`,
  );
  return `Available recording sessions:\n${lines.join('\n')}\n\nringtail list SESSION says more`;
}

function describeSession(style: Style, session: SessionDescription, statistics: SessionStatistics): string {
  const channels = session.channels.map((channel) =>
    [
      `- ${style.bold(channel.name)}`,
      `    Event-loss mode:  ${channel.mode}`,
      `    Sub-buffer size:  ${formatBytes(channel.subBufBytes)}`,
      `    Sub-buffer count: ${channel.subBufCount}`,
      '    Event rules:',
      ...(channel.rules.length === 0 ? ['      none'] : channel.rules.map((rule) => `      ${describeRule(rule)}`)),
    ].join('\n'),
  );
  return [
    `Recording session ${style.bold(session.name)}: [${activity(style, session)}]`,
    `    Trace output: ${session.output}`,
    ...(session.shmPath === null ? [] : [`    Ring files:   ${session.shmPath}`]),
    `    Clock:        ${session.clock}`,
    '',
    'Channels:',
    ...(channels.length === 0 ? ['  none'] : channels),
    '',
    'Statistics:',
    `    Recorded events:  ${formatCount(statistics.eventsRecorded)}`,
    `    Discarded events: ${formatCount(statistics.eventsDiscarded)}`,
    `    Failed events:    ${formatCount(statistics.eventsFailed)}`,
    `    Nested events:    ${formatCount(statistics.eventsNested)}`,
    `    Lost events:      ${formatCount(statistics.eventsLost)}`,
    `    Lost packets:     ${formatCount(statistics.packetsLost)}`,
    `    Packets:          ${formatCount(statistics.packets)}`,
    `    Data streams:     ${formatCount(statistics.dataStreams)}, ${formatBytes(statistics.bytes)}`,
    ...statistics.troubles.map((trouble) => `    ${style.yellow('Trouble:')}          ${trouble}`),
  ].join('\n');
}

function describeRule(rule: EventRule): string {
  const level = rule.logLevel;
  const levels =
    level === undefined
      ? ''
      : level.from === level.to
        ? ` (loglevel: ${describeLogLevel(level.to)})`
        : ` (loglevel: at least ${describeLogLevel(level.to)})`;
  return `${rule.pattern}${levels}${rule.exclude === undefined ? '' : ` (without: ${rule.exclude.join(', ')})`}`;
}

function describeApplications(style: Style, applications: readonly ApplicationDescription[]): string {
  if (applications.length === 0) return 'UST events:\n-------------\nNone';
  const lines = applications.map((application) => {
    const thread = application.mainThread ? '' : ` - Thread: ${application.tid}`;
    const tracepoints = application.tracepoints.map(
      ({ name, logLevel }) => `      ${name} (loglevel: ${describeLogLevel(logLevel)}) (type: tracepoint)`,
    );
    return [
      `PID: ${application.pid}${thread} - Name: ${style.bold(application.procname)}`,
      ...(tracepoints.length === 0 ? ['      no tracepoints'] : tracepoints),
      ...application.troubles.map((trouble) => `      ${style.yellow('trouble:')} ${trouble}`),
    ].join('\n');
  });
  return `UST events:\n-------------\n\n${lines.join('\n\n')}`;
}

function activity(style: Style, session: SessionDescription): string {
  return session.active ? style.green('active') : 'inactive';
}
