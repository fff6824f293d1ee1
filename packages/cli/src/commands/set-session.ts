import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { writeCurrentSession } from '../current-session.ts';
import { outputFormatOf } from '../options.ts';
import { describeSession, onSession } from '../session-command.ts';

export function addSetSession(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('set-session')
    .description('make a session the current one, which commands are about that name none')
    .argument('<session>', 'its name')
    .addHelpText('after', '\nExample:\n  ringtail set-session slow');
  act(command, async (name: string) => {
    await onSession(context, name, (client) => describeSession(client, name));
    writeCurrentSession(context, name);
    report(context, outputFormatOf(command), { command: 'set-session', session: name }, () => `Session set to ${name}`);
    return undefined;
  });
  return command;
}
