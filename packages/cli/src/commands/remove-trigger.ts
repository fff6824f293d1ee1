import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { TriggerDescription } from '@ringtail/protocol';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { readOptionsAsArgpar } from '../options/argpar.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { ownerUidOf } from '../triggers/parse-trigger.ts';
import { triggerStep } from '../triggers/trigger-step.ts';

export function addRemoveTrigger(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('remove-trigger')
    .description('remove a trigger')
    .argument('[trigger]', 'name of the trigger, as list-triggers shows it')
    .option('--owner-uid <user>', 'owner of the trigger; for root only')
    .addHelpText('after', '\nExamples:\n  ringtail remove-trigger trigger0');
  readOptionsAsArgpar(command);
  act(command, async (name: string | undefined, options: { readonly ownerUid?: string }) => {
    if (name === undefined) {
      throw new CliError('BAD_ARGUMENT', 'Missing `name` argument.', 'ringtail list-triggers names them');
    }
    const ownerUid = ownerUidOf(options.ownerUid);
    const trigger = await withDaemon(context, async (client) => {
      try {
        const found = await triggerCalled(client, name, ownerUid ?? context.uid);
        await client.removeTrigger(name, ownerUid);
        return found;
      } catch (error) {
        throw await triggerStep(client, error, name);
      }
    });
    report(
      context,
      outputFormatOf(command),
      { command: 'remove-trigger', trigger },
      () => `Removed trigger \`${name}\`.`,
    );
    return undefined;
  });
  return command;
}

/** The trigger that is about to be removed, as LTTng shows it. */
async function triggerCalled(client: SessionDaemonClient, name: string, uid: number): Promise<TriggerDescription> {
  const triggers = await client.listTriggers();
  const found = triggers.find((trigger) => trigger.name === name && trigger.uid === uid);
  if (found !== undefined) return found;
  throw new CtlError('NO_TRIGGER', `there is no trigger "${name}"`);
}
