import type { SessionDaemonClient } from '@ringtail/ctl';
import type { SessionStatistics } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { forgetCurrentSession, sessionNamed } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { outputFormatOf } from '../options.ts';
import { describeStatistics, warnOfLoss } from '../statistics.ts';

interface Destroyed {
  readonly session: string;
  readonly statistics: SessionStatistics;
}

export function addDestroy(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('destroy')
    .description('end sessions; what they recorded stays on disk')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions')
    .addHelpText('after', '\nExamples:\n  ringtail destroy\n  ringtail destroy -a');
  act(command, async (name: string | undefined, options: { all?: boolean }) => {
    const destroyed = await withDaemon(context, async (client) => {
      const names = options.all
        ? (await client.listSessions()).map((session) => session.name)
        : [sessionNamed(context, name)];
      const results: Destroyed[] = [];
      for (const session of names) results.push(await destroy(client, context, session));
      return results;
    });
    report(context, outputFormatOf(command), { destroyed }, () =>
      destroyed.length === 0
        ? 'No session to destroy'
        : destroyed.map((one) => `Session ${one.session} destroyed: ${describeStatistics(one.statistics)}`).join('\n'),
    );
    for (const { statistics } of destroyed) warnOfLoss(context, statistics);
    return undefined;
  });
  return command;
}

async function destroy(client: SessionDaemonClient, context: Context, session: string): Promise<Destroyed> {
  const statistics = await client.destroySession(session);
  forgetCurrentSession(context, session);
  return { session, statistics };
}
