import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { writeCurrentSession } from '../session/current-session.ts';
import { describeSession, onSession } from '../session/on-session.ts';

export function addSetSession(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('set-session')
    .description('set the current session, which commands use when they name none')
    .argument('<session>', 'name of the session')
    .addHelpText('after', '\nExample:\n  ringtail set-session slow');
  act(command, async (name: string) => {
    await onSession(context, name, (client) => describeSession(client, name));
    writeCurrentSession(context, name);
    report(context, outputFormatOf(command), { command: 'set-session', session: name }, () => `Session set to ${name}`);
    return undefined;
  });
  return command;
}
