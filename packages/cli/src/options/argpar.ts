import { type Command, CommanderError } from 'commander';
import { collect } from './common-options.ts';

/**
 * Mistakes for which LTTng exits with 2. Other misuse, as a missing argument or a bad value, is an error of the
 * command.
 */
const UNDEFINED_CODES: ReadonlySet<string> = new Set([
  'commander.unknownCommand',
  'commander.unknownOption',
  'commander.optionMissingArgument',
]);

/** Whether a command line names an unknown command or option, or leaves an option without its argument. */
export function isUndefined({ code }: CommanderError): boolean {
  return UNDEFINED_CODES.has(code);
}

/**
 * Reads options as LTTng's newer commands do: an option that is given twice is refused, since one of its values is a
 * mistake, and an unknown option is an error of the command. Flags and options that `collect` values may be repeated.
 * Call this once the command has all its options.
 */
export function readOptionsAsArgpar(command: Command): void {
  exitAsArgpar(command);
  for (const option of command.options) {
    if (option.parseArg === collect || option.isBoolean()) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`error: Option \`${option.long}\` specified more than once`);
      isGiven = true;
    });
  }
}

/** Exits with 1 for wrong options, as LTTng does in its newer commands and for options before the command. */
export function exitAsArgpar(command: Command): void {
  command.exitOverride((error) => {
    throw isUndefined(error) && error.code !== 'commander.unknownCommand'
      ? new CommanderError(1, 'ringtail.badOption', error.message)
      : error;
  });
}
