import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { outputFormatOf } from '../options.ts';
import { Attempts, describeEach, onEachSession } from '../session-command.ts';

export function addClear(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('clear')
    .description('drop what sessions have recorded so far, but for archived chunks and snapshots')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions; for root of all users')
    .addHelpText('after', '\nExample:\n  ringtail clear');
  act(command, async (name: string | undefined, options: { all?: boolean }) => {
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const sessions = await onEachSession(context, attempts, { name, options }, async (client, session) => {
      await client.clearSession(session);
      return {};
    });
    report(context, format, { command: 'clear', sessions }, () =>
      describeEach(sessions, ({ session }) => `Session "${session}" cleared`),
    );
    return attempts;
  });
  return command;
}
