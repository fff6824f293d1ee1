import { RINGTAIL_VERSION } from '@ringtail/base';
import { Command, CommanderError, Option } from 'commander';
import { addAddContext } from './commands/add-context.ts';
import { addAddMapChannel } from './commands/add-map-channel.ts';
import { addAddTrigger } from './commands/add-trigger.ts';
import { addClear } from './commands/clear.ts';
import { addComplete, addCompletion } from './commands/completion.ts';
import { addConvert } from './commands/convert.ts';
import { addCrash } from './commands/crash.ts';
import { addCreate } from './commands/create.ts';
import { addDestroy } from './commands/destroy.ts';
import { addDisableChannel } from './commands/disable-channel.ts';
import { addDisableEvent } from './commands/disable-event.ts';
import { addDisableRotation } from './commands/disable-rotation.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEnableChannel } from './commands/enable-channel.ts';
import { addEnableEvent } from './commands/enable-event.ts';
import { addEnableRotation } from './commands/enable-rotation.ts';
import { addExportMaps } from './commands/export-maps.ts';
import { addGuard } from './commands/guard.ts';
import { addHelp } from './commands/help.ts';
import { addList } from './commands/list.ts';
import { addListTriggers } from './commands/list-triggers.ts';
import { addLoad } from './commands/load.ts';
import { addReclaimMemory } from './commands/reclaim-memory.ts';
import { addRecord } from './commands/record.ts';
import { addMetadata, addRegenerate } from './commands/regenerate.ts';
import { addRemoveTrigger } from './commands/remove-trigger.ts';
import { addRotate } from './commands/rotate.ts';
import { addSave } from './commands/save.ts';
import { addSetSession } from './commands/set-session.ts';
import { addShowMaps } from './commands/show-maps.ts';
import { addSnapshot } from './commands/snapshot.ts';
import { addStart } from './commands/start.ts';
import { addStatus } from './commands/status.ts';
import { addStop } from './commands/stop.ts';
import { addTrack, addUntrack } from './commands/track.ts';
import { addVersion } from './commands/version.ts';
import { addView } from './commands/view.ts';
import { type Context, DEFAULT_SETTINGS, reportError, warn } from './context.ts';
import { ExitCode } from './errors.ts';
import { exitCodeOf, isWarning } from './exit-codes.ts';
import { addGeneralOptions, generalSettings } from './general-options.ts';
import { writeMiFailure } from './mi/write-mi.ts';
import { exitAsArgpar, isUndefined, outputFormatOf, outputFormatOption } from './options.ts';

/** How the process is to end: with a code, or by the signal that ended the command it ran. */
export interface Outcome {
  readonly code: number;
  readonly signal?: NodeJS.Signals;
}

/** Gives a sub-command its action; whatever the action throws becomes a message and an exit code. */
export type Act = <Args extends unknown[]>(
  command: Command,
  action: (...args: Args) => Promise<Outcome | undefined> | Outcome | undefined,
) => void;

/** Adds a sub-command to the program. */
type AddCommand = (program: Command, context: Context, act: Act) => Command;

/** Sub-commands in the order in which the help lists them. */
const COMMANDS: readonly AddCommand[] = [
  addRecord,
  addGuard,
  addCreate,
  addSetSession,
  addEnableChannel,
  addDisableChannel,
  addEnableEvent,
  addDisableEvent,
  addAddContext,
  addTrack,
  addUntrack,
  addStart,
  addStop,
  addClear,
  addDestroy,
  addList,
  addStatus,
  addSnapshot,
  addRotate,
  addEnableRotation,
  addDisableRotation,
  addRegenerate,
  addMetadata,
  addReclaimMemory,
  addAddTrigger,
  addListTriggers,
  addRemoveTrigger,
  addAddMapChannel,
  addShowMaps,
  addExportMaps,
  addSave,
  addLoad,
  addView,
  addConvert,
  addCrash,
  addDoctor,
  addCompletion,
  addComplete,
  addVersion,
  addHelp,
];

/**
 * Runs one command line.
 *
 * @param args the words after `ringtail`
 */
export async function run(args: readonly string[], context: Context): Promise<Outcome> {
  let outcome: Outcome = { code: ExitCode.OK };
  const world = { ...context };
  const act: Act = (command, action) => {
    command.action(async (...args: unknown[]) => {
      try {
        world.settings = generalSettings(command.parent ?? command, context);
        outcome = (await (action as (...args: unknown[]) => Promise<Outcome | undefined>)(...args)) ?? outcome;
      } catch (error) {
        const format = outputFormatOf(command);
        if (format === 'mi') world.stdout.write(writeMiFailure(command.name(), command.args[0]));
        if (isWarning(error) && format === 'human') warn(world, (error as Error).message);
        else reportError(world, format, error);
        outcome = { code: exitCodeOf(error, command.name()) };
      }
    });
  };
  try {
    await buildProgram(world, act).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { code: ExitCode.OK };
    return { code: isUndefined(error) ? ExitCode.USAGE : ExitCode.ERROR };
  }
  return outcome;
}

/** The program with all sub-commands as a description of itself, for manual pages and completion. */
export function describeProgram(context: Omit<Context, 'settings'>): Command {
  return buildProgram({ ...context, settings: DEFAULT_SETTINGS }, () => undefined);
}

/** The whole command line with all sub-commands. */
function buildProgram(context: Context, act: Act): Command {
  const program = new Command('ringtail');
  const isQuiet = (): boolean => program.opts<{ quiet?: boolean }>().quiet === true;
  program
    .description('Records what Node.js programs do into Common Trace Format traces.')
    .usage('[general options] COMMAND …')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => isQuiet() || context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
    })
    .showHelpAfterError('(ringtail help COMMAND says more)')
    .helpCommand(false)
    .version(RINGTAIL_VERSION, '-V, --version', 'write the version')
    .addHelpText(
      'after',
      `
Examples:
  ringtail record node app.js              record every event of a program
  ringtail record -u 'shop:*' node app.js  only those of the provider "shop"
  ringtail view                            print the newest trace`,
    );
  addGeneralOptions(program);
  program.on('option:list-commands', () => {
    const commands = program.createHelp().visibleCommands(program);
    context.stdout.write(commands.map((command) => `${command.name()}\n`).join(''));
    throw new CommanderError(0, 'ringtail.listCommands', '');
  });
  for (const add of COMMANDS) addListOptions(context, add(program, context, act).addOption(outputFormatOption()));
  addListOptions(context, program, 'write the options that stand before the command');
  refuseHelpOfUnknownCommand(program);
  // After the commands, which take over what the program has: LTTng exits with another code for options that stand before them.
  exitAsArgpar(program);
  return program;
}

/** `nosuch --help` asks for the help of a command that there is not; `--help nosuch` for the help of all. */
function refuseHelpOfUnknownCommand(program: Command): void {
  program.on('beforeAllHelp', () => {
    const [name] = program.args;
    const words = (program as Command & { readonly rawArgs: readonly string[] }).rawArgs;
    const isAsked = name !== undefined && !name.startsWith('-') && words.indexOf(name) < words.findIndex(isHelp);
    if (!isAsked || program.commands.some((command) => command.name() === name)) return;
    program.error(`error: unknown command '${name}'`, { code: 'commander.unknownCommand' });
  });
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

/** `--list-options`: the flags of a command, or those before it, one a line, for completion in shells. */
function addListOptions(context: Context, command: Command, what = 'write the options of this command'): void {
  command.addOption(new Option('--list-options', what));
  command.on('option:list-options', () => {
    const flags = command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long, short }) => [long, short])
      .filter((flag) => flag !== undefined && flag !== null);
    context.stdout.write(`${flags.join('\n')}\n`);
    throw new CommanderError(0, 'ringtail.listOptions', '');
  });
}
