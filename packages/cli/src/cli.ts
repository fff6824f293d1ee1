import { RINGTAIL_VERSION } from '@ringtail/base';
import { Command, CommanderError } from 'commander';
import { addConvert } from './commands/convert.ts';
import { addCrash } from './commands/crash.ts';
import { addCreate } from './commands/create.ts';
import { addDestroy } from './commands/destroy.ts';
import { addEnableChannel } from './commands/enable-channel.ts';
import { addEnableEvent } from './commands/enable-event.ts';
import { addHelp } from './commands/help.ts';
import { addList } from './commands/list.ts';
import { addRecord } from './commands/record.ts';
import { addStart } from './commands/start.ts';
import { addStop } from './commands/stop.ts';
import { addVersion } from './commands/version.ts';
import { addView } from './commands/view.ts';
import { type Context, reportError } from './context.ts';
import { ExitCode } from './errors.ts';
import { outputFormatOf, outputFormatOption } from './options.ts';

/** How the process is to end: with a code, or by the signal that ended the command it ran. */
export interface Outcome {
  readonly code: number;
  readonly signal?: NodeJS.Signals;
}

/** Gives a sub-command its action; whatever the action throws becomes a message and exit code 1. */
export type Act = <Args extends unknown[]>(
  command: Command,
  action: (...args: Args) => Promise<Outcome | undefined> | Outcome | undefined,
) => void;

/** The usage errors that exit with 2; other misuse (a missing argument, a bad value) is an error of the command. */
const UNDEFINED_CODES = new Set(['commander.unknownCommand', 'commander.unknownOption', 'commander.excessArguments']);

/**
 * Runs one command line.
 *
 * @param args the words after `ringtail`
 */
export async function run(args: readonly string[], context: Context): Promise<Outcome> {
  let outcome: Outcome = { code: ExitCode.OK };
  const act: Act = (command, action) => {
    command.action(async (...args: unknown[]) => {
      try {
        outcome = (await (action as (...args: unknown[]) => Promise<Outcome | undefined>)(...args)) ?? outcome;
      } catch (error) {
        reportError(context, outputFormatOf(command), error);
        outcome = { code: ExitCode.ERROR };
      }
    });
  };
  try {
    await buildProgram(context, act).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { code: ExitCode.OK };
    return { code: UNDEFINED_CODES.has(error.code) ? ExitCode.USAGE : ExitCode.ERROR };
  }
  return outcome;
}

/** The whole command line with all sub-commands. */
function buildProgram(context: Context, act: Act): Command {
  const program = new Command('ringtail');
  program
    .description('Records what Node.js programs do into Common Trace Format traces.')
    .usage('[options] COMMAND …')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
    })
    .showHelpAfterError('(ringtail help COMMAND says more)')
    .helpCommand(false)
    .version(RINGTAIL_VERSION, '-V, --version', 'write the version')
    .addOption(outputFormatOption())
    .addHelpText(
      'after',
      `
Examples:
  ringtail record node app.js              record every event of a program
  ringtail record -u 'shop:*' node app.js  only those of the provider "shop"
  ringtail view                            print the newest trace`,
    );
  for (const add of [
    addRecord,
    addView,
    addConvert,
    addCrash,
    addCreate,
    addEnableChannel,
    addEnableEvent,
    addStart,
    addStop,
    addList,
    addDestroy,
    addVersion,
    addHelp,
  ]) {
    const command = add(program, context, act);
    command.addOption(outputFormatOption());
  }
  return program;
}
