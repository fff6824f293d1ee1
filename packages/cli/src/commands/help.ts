import type { Command } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import { didYouMean } from '../errors/nearest.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';

export function addHelp(program: Command, _context: Context, act: Act): Command {
  const command = program.command('help').description('explain a sub-command').argument('[command]', 'sub-command');
  act(command, (name: string | undefined) => {
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
