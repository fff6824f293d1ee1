import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { readOptionsAsArgpar } from '../options/argpar.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { describeTriggers, inOrder } from '../triggers/describe-triggers.ts';

export function addListTriggers(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('list-triggers')
    .description('list your triggers (as root: triggers of all users), with their executions and failures');
  readOptionsAsArgpar(command);
  act(command, async () => {
    const triggers = await withDaemon(context, (client) => client.listTriggers());
    report(context, outputFormatOf(command), { command: 'list-triggers', triggers: inOrder(triggers) }, () =>
      describeTriggers(triggers),
    );
    return undefined;
  });
  return command;
}
