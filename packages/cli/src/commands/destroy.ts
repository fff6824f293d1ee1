import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { archivedText, statisticsText } from '../output/statistics.ts';
import type { Act } from '../program/command.ts';
import { forgetCurrentSession } from '../session/current-session.ts';
import { onEachSession, type SessionChoice, type WaitOption } from '../session/each-session.ts';

export function addDestroy(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('destroy')
    .description('end sessions; their traces stay on disk')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions; as root, of all users')
    .option('-g, --glob', 'all sessions whose names match a shell pattern: *, ?, [a-z]')
    .option('-n, --no-wait', 'return once the sessions are no longer listed; the rest is done in the background')
    .addHelpText('after', "\nExamples:\n  ringtail destroy\n  ringtail destroy -a\n  ringtail destroy -g 'night-*'");
  act(command, (name: string | undefined, options: SessionChoice & WaitOption) =>
    onEachSession(context, command, {
      choice: { name, options },
      action: async (client, session) => {
        const end = await client.destroySession(session, options);
        forgetCurrentSession(context, session);
        if (end === null) return {};
        const { archive, ...statistics } = end;
        return archive === undefined ? { statistics } : { statistics, archive };
      },
      result: (sessions) => ({ command: 'destroy', sessions }),
      describe: ({ session, statistics, archive }) =>
        [
          ...(archive === undefined ? [] : [archivedText(session, archive)]),
          `Session ${session} destroyed${statisticsText(statistics)}`,
        ].join('\n'),
    }),
  );
  return command;
}
