import type { Command } from 'commander';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { Attempts } from '../session/attempts.ts';
import { describeEach, onEachSession, type SessionChoice } from '../session/each-session.ts';

export function addStart(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('start')
    .description('start recording in a session')
    .argument('[session]', 'session (default: the current one)')
    .option('-a, --all', 'all sessions')
    .option('-g, --glob', 'all sessions whose names match a shell pattern: *, ?, [a-z]')
    .addHelpText('after', '\nExample:\n  ringtail start');
  act(command, async (name: string | undefined, options: SessionChoice) => {
    const format = outputFormatOf(command);
    const attempts = new Attempts(context, format, command.name());
    const sessions = await onEachSession(context, attempts, { name, options }, async (client, session) => {
      await client.startSession(session);
      return {};
    });
    report(context, format, { command: 'start', sessions }, () =>
      describeEach(sessions, ({ session }) => `Tracing started for session ${session}`),
    );
    return attempts;
  });
  return command;
}
