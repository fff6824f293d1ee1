import { RINGTAIL_VERSION } from '@ringtail/base';
import { Command, CommanderError, Option } from 'commander';
import { type Context, DEFAULT_SETTINGS } from '../context/context.ts';
import { visibleStream } from '../context/visible-stream.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode, exitCodeOf, isWarning } from '../errors/exit-codes.ts';
import { writeMiFailure } from '../mi/write-mi.ts';
import { exitAsArgpar, isUndefined } from '../options/argpar.ts';
import { outputFormatOf, outputFormatOption } from '../options/common-options.ts';
import { ownLines } from '../output/own-lines.ts';
import { continued, reportError, warn } from '../output/report.ts';
import type { Act, CommandTable, Outcome } from './command.ts';
import { addGeneralOptions, generalSettings } from './general-options.ts';

/** Sub-commands whose output describes all others. */
const ABOUT_ALL: readonly string[] = ['help', '__complete'];
const SILENT = { writeOut: () => undefined, writeErr: () => undefined };

/**
 * Runs one command line.
 *
 * @param args the words after `ringtail`
 */
export async function runCommandLine(
  commands: CommandTable,
  args: readonly string[],
  context: Context,
): Promise<Outcome> {
  let outcome: Outcome = { code: ExitCode.OK };
  const world = { ...context, stdout: visibleStream(context.stdout), stderr: visibleStream(context.stderr) };
  const act: Act = (command, action, { besideProgram = false } = {}) => {
    command.action(async (...args: unknown[]) => {
      if (besideProgram) world.stderr = ownLines(world.stderr, world.env);
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
    const program = await buildProgram(pick(commands, args), world, act);
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

/** The program with all sub-commands and without actions, for manual pages. */
export async function buildDescription(commands: CommandTable, context: Omit<Context, 'settings'>): Promise<Command> {
  return await buildProgram(commands, { ...context, settings: DEFAULT_SETTINGS }, () => undefined);
}

/**
 * The sub-commands that a command line needs: the named one, or all of them. Help, suggestions and errors describe the
 * whole program, so they need all.
 */
function pick(commands: CommandTable, args: readonly string[]): CommandTable {
  const scout = addGeneralOptions(new Command()).enablePositionalOptions().exitOverride().configureOutput(SILENT);
  for (const name of Object.keys(commands)) scout.command(name);
  try {
    const { operands } = scout.parseOptions([...args]);
    const named = scout.opts().listCommands ? undefined : operands[0];
    if (named === undefined || ABOUT_ALL.includes(named) || !Object.hasOwn(commands, named)) return commands;
    return { [named]: commands[named] as CommandTable[string] };
  } catch {
    return commands;
  }
}

/** The command line with these sub-commands. */
async function buildProgram(commands: CommandTable, context: Context, act: Act): Promise<Command> {
  const program = new Command('ringtail');
  const isQuiet = (): boolean => program.opts<{ quiet?: boolean }>().quiet === true;
  program
    .description('Records what Node.js programs do into Common Trace Format traces.')
    .usage('[general options] COMMAND …')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      outputError: (text, write) => {
        const whole = `${text.trimEnd()}${sessionHint(program, text)}`;
        write(`${continued(whole.replace(/^error:/, 'ringtail: error:'))}\n`);
      },
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
    const visible = program.createHelp().visibleCommands(program);
    context.stdout.write(visible.map((command) => `${command.name()}\n`).join(''));
    throw new CommanderError(0, 'ringtail.listCommands', '');
  });
  for (const add of await Promise.all(Object.values(commands).map((load) => load()))) {
    addListOptions(context, add(program, context, act).addOption(outputFormatOption()));
  }
  addListOptions(context, program, 'write the options before the command');
  refuseHelpOfUnknownCommand(program);
  // Set after the commands are added, since they inherit it: for options before the command, LTTng exits with another
  // code.
  exitAsArgpar(program);
  return program;
}

/** The next step if a session was named as an argument of a command that names it with an option. */
function sessionHint(program: Command, error: string): string {
  const [, name] = /too many arguments for '([^']+)'/.exec(error) ?? [];
  const command = program.commands.find((one) => one.name() === name);
  const hasOption = command?.options.some(({ long }) => long === '--session') ?? false;
  return hasOption ? '\nname the session with the option -s NAME' : '';
}

/** `nosuch --help` asks for the help of an unknown command; `--help nosuch` asks for the help of all commands. */
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

/** `--list-options`: the flags of a command or of the program, one a line, for completion in shells. */
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
