import { Argument, type Command } from 'commander';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts';
import type { Context } from '../context/context.ts';
import type { Act } from '../program/command.ts';

export function addCompletion(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('completion')
    .description('write the script with which a shell completes command lines of ringtail')
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
 * Command of the completion scripts: writes one suggestion a line for the last word. It starts no daemon, writes no
 * errors and exits with 0, since any other output would land in the user's command line.
 */
export function addComplete(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the words after "ringtail"; the last word is incomplete')
    .allowUnknownOption();
  act(command, async (words: string[]) => {
    // Imported when needed, since every command line loads this module.
    const { completions } = await import('../completion/complete.ts');
    const suggestions = await completions(context, program, words).catch(() => []);
    context.stdout.write(suggestions.map((suggestion) => `${suggestion}\n`).join(''));
    return undefined;
  });
  return command;
}
