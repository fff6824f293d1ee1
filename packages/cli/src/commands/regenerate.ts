import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { actionArgument, addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { type OutputFormat, report, warn } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { onSession } from '../session/on-session.ts';

type Part = 'metadata' | 'statedump';

export function addRegenerate(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program
      .command('regenerate')
      .description("regenerate the metadata with the clock's current offset, or the state dump of all programs")
      .addArgument(actionArgument('<part>', ['metadata', 'statedump'])),
  ).addHelpText('after', '\nExamples:\n  ringtail regenerate metadata\n  ringtail regenerate statedump -s slow');
  act(command, async (part: string, options: { session?: string }) => {
    if (part !== 'metadata' && part !== 'statedump') throw unknownPart('regenerate', part, 'metadata, statedump');
    await regenerate(context, outputFormatOf(command), part, options.session);
    return undefined;
  });
  return command;
}

/** LTTng's old name of `regenerate metadata`. */
export function addMetadata(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program
      .command('metadata', { hidden: true })
      .description('deprecated: write "regenerate metadata"')
      .addArgument(actionArgument('<action>', ['regenerate'])),
  );
  act(command, async (action: string, options: { session?: string }) => {
    if (action !== 'regenerate') throw unknownPart('metadata', action, 'regenerate');
    warn(context, 'metadata regenerate is deprecated: write "ringtail regenerate metadata"');
    await regenerate(context, outputFormatOf(command), 'metadata', options.session);
    return undefined;
  });
  return command;
}

async function regenerate(
  context: Context,
  format: OutputFormat,
  part: Part,
  named: string | undefined,
): Promise<void> {
  const session = await onSession(context, named, async (client, name) => {
    await (part === 'metadata' ? client.regenerateMetadata(name) : client.regenerateStatedump(name));
    return name;
  });
  report(context, format, { command: `regenerate-${part}`, session }, () =>
    part === 'metadata'
      ? `Metadata successfully regenerated for session ${session}`
      : `State dump successfully regenerated for session ${session}`,
  );
}

function unknownPart(command: string, word: string, known: string): CliError {
  return new CliError('UNKNOWN_ACTION', `${command} knows no "${word}"`, `one of: ${known}`);
}
