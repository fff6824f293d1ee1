import type { Command } from 'commander';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import { statisticsText, warnOfLoss } from '../output/statistics.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts } from '../session/attempts.ts';
import { describeEach, onEachSession, type SessionChoice, type WaitOption } from '../session/each-session.ts';

export function addStop(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('stop')
    .description('stop recording in a session; returns once its trace can be read')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions')
    .option('-g, --glob', 'all sessions whose names match a shell pattern: *, ?, [a-z]')
    .option('-n, --no-wait', 'return once recording has ended; recorded events are written in the background')
    .addHelpText('after', '\nExample:\n  ringtail stop && ringtail view');
  act(command, async (name: string | undefined, options: SessionChoice & WaitOption) => {
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const sessions = await onEachSession(context, attempts, { name, options }, async (client, session) => {
      const statistics = await client.stopSession(session, options);
      return statistics === null ? {} : { statistics };
    });
    report(context, format, { command: 'stop', sessions }, () =>
      describeEach(
        sessions,
        ({ session, statistics }) => `Tracing stopped for session ${session}${statisticsText(statistics)}`,
      ),
    );
    for (const { statistics } of sessions) if (statistics !== undefined) warnOfLoss(context, statistics);
    return attempts;
  });
  return command;
}
