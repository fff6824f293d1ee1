import { Argument, type Command } from 'commander';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';

export function addCompletion(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('completion')
    .description('write what a shell reads to complete the command lines of ringtail')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Commands, options, and the names of sessions, channels, events and contexts that the session daemon has at the moment.

  bash  in ~/.bashrc:                    source <(ringtail completion bash)
  zsh   in ~/.zshrc, behind compinit:    source <(ringtail completion zsh)
  fish  in ~/.config/fish/config.fish:   ringtail completion fish | source

To start shells faster, write it to the place from which the shell loads it when it is needed:

  bash  ringtail completion bash > ~/.local/share/bash-completion/completions/ringtail
  zsh   ringtail completion zsh > DIR/_ringtail, where DIR is in $fpath
  fish  ringtail completion fish > ~/.config/fish/completions/ringtail.fish`,
    );
  act(command, (shell: Shell) => {
    context.stdout.write(COMPLETION_SCRIPTS[shell]);
    return undefined;
  });
  return command;
}

/**
 * What those scripts run: one suggestion a line for the last word. It starts no daemon, writes no errors and ends with 0, since
 * whatever it did else would land in the line that is being written.
 */
export function addComplete(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the words after "ringtail"; the last one is being written')
    .allowUnknownOption();
  act(command, async (words: string[]) => {
    // Loaded for this alone: every command goes through this module.
    const { completions } = await import('../completion/complete.ts');
    const suggestions = await completions(context, program, words).catch(() => []);
    context.stdout.write(suggestions.map((suggestion) => `${suggestion}\n`).join(''));
    return undefined;
  });
  return command;
}
