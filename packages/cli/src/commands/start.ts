import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import type { Act } from '../program/command.ts';
import { onEachSession, type SessionChoice } from '../session/each-session.ts';

export function addStart(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('start')
    .description('start recording in a session')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions')
    .option('-g, --glob', 'all sessions whose names match a shell pattern: *, ?, [a-z]')
    .addHelpText('after', '\nExample:\n  ringtail start');
  act(command, (name: string | undefined, options: SessionChoice) =>
    onEachSession(context, command, {
      choice: { name, options },
      action: async (client, session) => {
        await client.startSession(session);
        return {};
      },
      result: (sessions) => ({ command: 'start', sessions }),
      describe: ({ session }) => `Tracing started for session ${session}`,
    }),
  );
  return command;
}
