import type { Command } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report } from '../context.ts';
import { outputFormatOf } from '../options.ts';
import { onSession } from '../session-command.ts';
import { warnOfLoss } from '../statistics.ts';

export function addRotate(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('rotate')
    .description('archive what was recorded so far as a trace of its own, and go on in new files')
    .argument('[session]', 'session (default: the current one)')
    .option('-n, --no-wait', 'accepted for scripts: the answer comes once the archive can be read, with or without')
    .addHelpText('after', '\nExample:\n  ringtail rotate slow');
  act(command, async (name: string | undefined) => {
    const result = await onSession(context, name, async (client, session) => ({
      session,
      ...(await client.rotateSession(session)),
    }));
    report(
      context,
      outputFormatOf(command),
      { command: 'rotate', ...result },
      () => `Trace chunk archive for session ${result.session} is now readable at ${result.archive}`,
    );
    warnOfLoss(context, result.statistics);
    return undefined;
  });
  return command;
}
