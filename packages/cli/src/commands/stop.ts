import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { statisticsText } from '../output/statistics.ts';
import type { Act } from '../program/command.ts';
import { onEachSession, type SessionChoice, type WaitOption } from '../session/each-session.ts';

export function addStop(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('stop')
    .description('stop recording in a session; returns once its trace can be read')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions')
    .option('-g, --glob', 'all sessions whose names match a shell pattern: *, ?, [a-z]')
    .option('-n, --no-wait', 'return once recording has ended; recorded events are written in the background')
    .addHelpText('after', '\nExample:\n  ringtail stop && ringtail view');
  act(command, (name: string | undefined, options: SessionChoice & WaitOption) =>
    onEachSession(context, command, {
      choice: { name, options },
      action: async (client, session) => {
        const statistics = await client.stopSession(session, options);
        return statistics === null ? {} : { statistics };
      },
      result: (sessions) => ({ command: 'stop', sessions }),
      describe: ({ session, statistics }) => `Tracing stopped for session ${session}${statisticsText(statistics)}`,
    }),
  );
  return command;
}
