import type { Command } from 'commander';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts } from '../session/attempts.ts';
import { describeEach, onEachSession } from '../session/each-session.ts';

export function addClear(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('clear')
    .description('drop the recorded data of sessions, except archived chunks and snapshots')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions; as root, of all users')
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
