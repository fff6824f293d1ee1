import type { Command } from 'commander';
import type { CommandResult } from '../command-result.ts';
import type { Context } from '../context/context.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import { archivedText, warnOfLoss } from '../output/statistics.ts';
import type { Act } from '../program/command.ts';
import type { WaitOption } from '../session/each-session.ts';
import { onSession } from '../session/on-session.ts';

type Rotated = Omit<Extract<CommandResult, { readonly command: 'rotate' }>, 'command'>;

export function addRotate(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('rotate')
    .description('archive the current trace chunk as a trace of its own, and go on in new files')
    .argument('[session]', 'session (default: the current one)')
    .option('-n, --no-wait', 'return once the rotation has begun')
    .addHelpText('after', '\nExample:\n  ringtail rotate slow');
  act(command, async (name: string | undefined, { wait }: WaitOption) => {
    const result = await onSession<Rotated>(context, name, async (client, session) => ({
      session,
      ...(await client.rotateSession(session, { wait })),
    }));
    const { session, archive } = result;
    report(context, outputFormatOf(command), { command: 'rotate', ...result }, () =>
      wait ? archivedText(session, archive) : `Rotation ongoing for session ${session}; its archive will be ${archive}`,
    );
    if (result.statistics !== undefined) warnOfLoss(context, result.statistics);
    return undefined;
  });
  return command;
}
