import type { DaemonStatus } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { withDaemonFinding } from '../diagnosis/diagnose.ts';
import { CliError } from '../errors/cli-error.ts';
import { addListingOptions, type ListingOptions, listSession } from '../listing/list-session.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { formatBytes, formatSeconds, plural } from '../output/quantity.ts';
import { reportTo } from '../output/report.ts';
import type { Style } from '../output/style.ts';
import type { Act } from '../program/command.ts';

interface StatusOptions extends ListingOptions {
  readonly daemon?: boolean;
}

/** `status` is `list` of the current session, or with `--daemon` of the session daemon. */
export function addStatus(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('status')
    .description('describe the current session in detail, with the reasons for missing events');
  addListingOptions(command)
    .option('--daemon', 'describe the session daemon instead')
    .addHelpText('after', '\nExamples:\n  ringtail status\n  ringtail status --daemon --output-format=json');
  act(command, async (options: StatusOptions) => {
    if (options.daemon) await describeDaemon(context, command);
    else await listSession(context, command, undefined, options);
    return undefined;
  });
  return command;
}

async function describeDaemon(context: Context, command: Command): Promise<void> {
  const format = outputFormatOf(command);
  if (format === 'mi') {
    throw new CliError(
      'UNSUPPORTED',
      "LTTng's machine interface has no word for a daemon's state",
      'write --output-format=json',
    );
  }
  const status = await withDaemon(context, (client) => client.daemonStatus()).catch(async (error: unknown) => {
    throw await withDaemonFinding(context, error);
  });
  const uptimeSeconds = Math.max(0, (context.now().getTime() - Date.parse(status.startedAt)) / 1000);
  reportTo(context, context.stdout, format, { command: 'daemon-status', ...status, uptimeSeconds }, (style) =>
    linesOf(style, status, uptimeSeconds).join('\n'),
  );
}

function linesOf(style: Style, status: DaemonStatus, uptimeSeconds: number): string[] {
  const consumer = status.consumerPid === null ? style.yellow('being started again') : `process ${status.consumerPid}`;
  const row = (label: string, value: string): string => `    ${`${label}:`.padEnd(18)}${value}`;
  return [
    `Session daemon ${style.bold(status.runDirectory)}: [${style.green('running')}]`,
    row('Process', String(status.pid)),
    row('Version', status.version),
    row('Up for', `${formatSeconds(uptimeSeconds)}, since ${status.startedAt}`),
    row('Memory', formatBytes(status.memoryBytes)),
    row('Consumer', `${consumer}, started again ${plural(status.consumerRestarts, 'time')}`),
    ...status.consumers.flatMap(({ uid, pid, restarts, hangs }) => {
      if (pid === status.consumerPid && hangs === 0) return [];
      const words =
        hangs > 0 ? style.yellow('hangs') : pid === null ? style.yellow('being started again') : `process ${pid}`;
      return [row(`  of user ${uid}`, `${words}, started again ${plural(restarts, 'time')}`)];
    }),
    row('Applications', plural(status.applications, 'thread')),
    row('Sessions', String(status.sessions)),
  ];
}
