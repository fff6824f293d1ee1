import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { sessionNamed } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { outputFormatOf } from '../options.ts';
import { describeStatistics, warnOfLoss } from '../statistics.ts';

export function addStop(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('stop')
    .description('stop recording in a session; returns once its trace can be read')
    .argument('[session]', 'session (default: the current one)')
    .addHelpText('after', '\nExample:\n  ringtail stop && ringtail view');
  act(command, async (name: string | undefined) => {
    const session = sessionNamed(context, name);
    const statistics = await withDaemon(context, (client) => client.stopSession(session));
    report(
      context,
      outputFormatOf(command),
      { session, statistics },
      () => `Tracing stopped for session ${session}: ${describeStatistics(statistics)}`,
    );
    warnOfLoss(context, statistics);
    return undefined;
  });
  return command;
}
