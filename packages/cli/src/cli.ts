import { RINGTAIL_VERSION } from '@ringtail/base';
import { Command, CommanderError, Option } from 'commander';
import { type Context, continued, DEFAULT_SETTINGS, reportError, warn } from './context.ts';
import { CliError, ExitCode } from './errors.ts';
import { exitCodeOf, isWarning } from './exit-codes.ts';
import { addGeneralOptions, generalSettings } from './general-options.ts';
import { writeMiFailure } from './mi/write-mi.ts';
import { exitAsArgpar, isUndefined, outputFormatOf, outputFormatOption } from './options.ts';
import { visibleStream } from './visible-stream.ts';

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

/** Loads the function that adds a sub-command, by name, in the order in which the help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  record: async () => (await import('./commands/record.ts')).addRecord,
  guard: async () => (await import('./commands/guard.ts')).addGuard,
  create: async () => (await import('./commands/create.ts')).addCreate,
  'set-session': async () => (await import('./commands/set-session.ts')).addSetSession,
  'enable-channel': async () => (await import('./commands/enable-channel.ts')).addEnableChannel,
  'disable-channel': async () => (await import('./commands/disable-channel.ts')).addDisableChannel,
  'enable-event': async () => (await import('./commands/enable-event.ts')).addEnableEvent,
  'disable-event': async () => (await import('./commands/disable-event.ts')).addDisableEvent,
  'add-context': async () => (await import('./commands/add-context.ts')).addAddContext,
  track: async () => (await import('./commands/track.ts')).addTrack,
  untrack: async () => (await import('./commands/track.ts')).addUntrack,
  start: async () => (await import('./commands/start.ts')).addStart,
  stop: async () => (await import('./commands/stop.ts')).addStop,
  clear: async () => (await import('./commands/clear.ts')).addClear,
  destroy: async () => (await import('./commands/destroy.ts')).addDestroy,
  list: async () => (await import('./commands/list.ts')).addList,
  status: async () => (await import('./commands/status.ts')).addStatus,
  snapshot: async () => (await import('./commands/snapshot.ts')).addSnapshot,
  rotate: async () => (await import('./commands/rotate.ts')).addRotate,
  'enable-rotation': async () => (await import('./commands/enable-rotation.ts')).addEnableRotation,
  'disable-rotation': async () => (await import('./commands/disable-rotation.ts')).addDisableRotation,
  regenerate: async () => (await import('./commands/regenerate.ts')).addRegenerate,
  metadata: async () => (await import('./commands/regenerate.ts')).addMetadata,
  'reclaim-memory': async () => (await import('./commands/reclaim-memory.ts')).addReclaimMemory,
  'add-trigger': async () => (await import('./commands/add-trigger.ts')).addAddTrigger,
  'list-triggers': async () => (await import('./commands/list-triggers.ts')).addListTriggers,
  'remove-trigger': async () => (await import('./commands/remove-trigger.ts')).addRemoveTrigger,
  'add-map-channel': async () => (await import('./commands/add-map-channel.ts')).addAddMapChannel,
  'show-maps': async () => (await import('./commands/show-maps.ts')).addShowMaps,
  'export-maps': async () => (await import('./commands/export-maps.ts')).addExportMaps,
  save: async () => (await import('./commands/save.ts')).addSave,
  load: async () => (await import('./commands/load.ts')).addLoad,
  view: async () => (await import('./commands/view.ts')).addView,
  convert: async () => (await import('./commands/convert.ts')).addConvert,
  crash: async () => (await import('./commands/crash.ts')).addCrash,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  completion: async () => (await import('./commands/completion.ts')).addCompletion,
  __complete: async () => (await import('./commands/completion.ts')).addComplete,
  version: async () => (await import('./commands/version.ts')).addVersion,
  help: async () => (await import('./commands/help.ts')).addHelp,
};

const ALL: readonly string[] = Object.keys(COMMANDS);
/** Sub-commands that speak of all others. */
const ABOUT_ALL: readonly string[] = ['help', '__complete'];
const SILENT = { writeOut: () => undefined, writeErr: () => undefined };

/**
 * Runs one command line.
 *
 * @param args the words after `ringtail`
 */
export async function run(args: readonly string[], context: Context): Promise<Outcome> {
  let outcome: Outcome = { code: ExitCode.OK };
  const world = { ...context, stdout: visibleStream(context.stdout), stderr: visibleStream(context.stderr) };
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
    const program = await buildProgram(world, act, commandsFor(args));
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CliError) {
      // The value of an option was refused while the command line was read.
      reportError({ ...world, settings: DEFAULT_SETTINGS }, 'human', error);
      return { code: ExitCode.ERROR };
    }
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { code: ExitCode.OK };
    return { code: isUndefined(error) ? ExitCode.USAGE : ExitCode.ERROR };
  }
  return outcome;
}

/** The program with all sub-commands as a description of itself, for manual pages and completion. */
export async function describeProgram(context: Omit<Context, 'settings'>): Promise<Command> {
  return await buildProgram({ ...context, settings: DEFAULT_SETTINGS }, () => undefined, ALL);
}

/**
 * Sub-commands that a command line needs: the named one, or all of them. Help, suggestions and errors describe the whole
 * program, so they need all.
 */
function commandsFor(args: readonly string[]): readonly string[] {
  const scout = addGeneralOptions(new Command()).enablePositionalOptions().exitOverride().configureOutput(SILENT);
  for (const name of ALL) scout.command(name);
  try {
    const { operands } = scout.parseOptions([...args]);
    const named = scout.opts().listCommands ? undefined : operands[0];
    return named !== undefined && ALL.includes(named) && !ABOUT_ALL.includes(named) ? [named] : ALL;
  } catch {
    return ALL;
  }
}

/** The command line with these sub-commands. */
async function buildProgram(context: Context, act: Act, names: readonly string[]): Promise<Command> {
  const program = new Command('ringtail');
  const isQuiet = (): boolean => program.opts<{ quiet?: boolean }>().quiet === true;
  program
    .description('Records what Node.js programs do into Common Trace Format traces.')
    .usage('[general options] COMMAND …')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      outputError: (text, write) => write(`${continued(text.trimEnd())}\n`),
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
  for (const add of await Promise.all(names.map((name) => COMMANDS[name]?.()))) {
    if (add !== undefined) addListOptions(context, add(program, context, act).addOption(outputFormatOption()));
  }
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
