import { type Command, CommanderError } from 'commander';
import { collect } from './common-options.ts';

/** Mistakes that LTTng exits with 2 for; other misuse (a missing argument, a bad value) is an error of the command. */
const UNDEFINED_CODES: ReadonlySet<string> = new Set([
  'commander.unknownCommand',
  'commander.unknownOption',
  'commander.optionMissingArgument',
]);

/** Whether a command line says what there is not, or leaves an option without its argument. */
export function isUndefined({ code }: CommanderError): boolean {
  return UNDEFINED_CODES.has(code);
}

/**
 * Reads options as LTTng's newer commands do: one that is given twice is refused, for one of its values is a mistake, and one that
 * there is not is an error of the command. Options that `collect` values and flags may be repeated. To be called when the command has
 * all its options.
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

/** As LTTng's newer commands, and its options before the command: what is wrong with the options is an error like any other. */
export function exitAsArgpar(command: Command): void {
  command.exitOverride((error) => {
    throw isUndefined(error) && error.code !== 'commander.unknownCommand'
      ? new CommanderError(1, 'ringtail.badOption', error.message)
      : error;
  });
}
