import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import type { Act } from '../program/command.ts';
import { onEachSession } from '../session/each-session.ts';

export function addClear(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('clear')
    .description('drop the recorded data of sessions, except archived chunks and snapshots')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions; as root, of all users')
    .addHelpText('after', '\nExample:\n  ringtail clear');
  act(command, (name: string | undefined, options: { all?: boolean }) =>
    onEachSession(context, command, {
      choice: { name, options },
      action: async (client, session) => {
        await client.clearSession(session);
        return {};
      },
      result: (sessions) => ({ command: 'clear', sessions }),
      describe: ({ session }) => `Session "${session}" cleared`,
    }),
  );
  return command;
}
