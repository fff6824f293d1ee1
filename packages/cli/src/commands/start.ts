import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { sessionNamed } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { outputFormatOf } from '../options.ts';

export function addStart(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('start')
    .description('start recording in a session')
    .argument('[session]', 'session (default: the current one)')
    .addHelpText('after', '\nExample:\n  ringtail start');
  act(command, async (name: string | undefined) => {
    const session = sessionNamed(context, name);
    await withDaemon(context, (client) => client.startSession(session));
    report(context, outputFormatOf(command), { session }, () => `Tracing started for session ${session}`);
    return undefined;
  });
  return command;
}
