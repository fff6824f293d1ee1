import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { outputFormatOf } from '../options.ts';
import { Attempts, onEachSession, type SessionChoice } from '../session-command.ts';
import { describeStatistics, warnOfLoss } from '../statistics.ts';

export function addStop(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('stop')
    .description('stop recording in a session; returns once its trace can be read')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions')
    .option('-g, --glob', 'all sessions whose names match, with * anywhere')
    .option('-n, --no-wait', 'accepted for scripts: the answer comes once the trace can be read, with or without')
    .addHelpText('after', '\nExample:\n  ringtail stop && ringtail view');
  act(command, async (name: string | undefined, options: SessionChoice) => {
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const sessions = await onEachSession(context, attempts, { name, options }, async (client, session) => ({
      statistics: await client.stopSession(session),
    }));
    const stopped = sessions.flatMap(({ session, statistics }) =>
      statistics === undefined ? [] : [{ session, statistics }],
    );
    report(context, format, { command: 'stop', sessions }, () =>
      stopped
        .map(({ session, statistics }) => `Tracing stopped for session ${session}: ${describeStatistics(statistics)}`)
        .join('\n'),
    );
    for (const { statistics } of stopped) warnOfLoss(context, statistics);
    return attempts;
  });
  return command;
}
