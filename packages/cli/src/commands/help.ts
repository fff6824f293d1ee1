import { join } from 'node:path';
import { didYouMean } from '@ringtail/base/text';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import type { Act } from '../program/command.ts';
import { packageDirectory } from '../program/package-directory.ts';

export function addHelp(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('help')
    .description('explain a sub-command')
    .argument('[command]', 'sub-command')
    .addHelpText('after', '\n"ringtail help man" names the directory of the manual pages.');
  act(command, (name: string | undefined) => {
    if (name === 'man') {
      context.stdout.write(placeOfManualPages());
      return undefined;
    }
    const topic = name === undefined ? program : program.commands.find((other) => other.name() === name);
    if (topic === undefined) {
      const names = program.commands.map((other) => other.name());
      throw new CliError(
        'BAD_ARGUMENT',
        `there is no command "${name}"`,
        `${didYouMean(name ?? '', names)}ringtail help lists them`,
      );
    }
    topic.outputHelp();
    return undefined;
  });
  return command;
}

function placeOfManualPages(): string {
  const directory = join(packageDirectory(), 'man');
  const [program, command] = ['ringtail.1', 'ringtail-record.1'].map((name) => `  man ${join(directory, name)}\n`);
  return `Manual pages are in ${directory}:\n\n${program}${command}
If ringtail is installed by "npm install --global", man finds them by name: "man ringtail-record".\n`;
}
