import { CtlError, loadSessions, savedSessionsDirectories } from '@ringtail/ctl';
import { type Command, Option } from 'commander';
import type { Act } from '../cli.ts';
import { absolutePath, type Context, report, warn } from '../context.ts';
import { makeCurrentSession } from '../current-session.ts';
import { withDaemon } from '../daemon.ts';
import { CliError } from '../errors.ts';
import { outputFormatOf } from '../options.ts';
import { pathOfUrl } from './create.ts';

interface LoadOptions {
  readonly all?: boolean;
  readonly force?: boolean;
  readonly inputPath?: string;
  readonly overrideName?: string;
  readonly overrideUrl?: string;
  readonly triggers: boolean;
}

/** What can be done about what is wrong, by its code. */
const HINTS: Readonly<Record<string, string>> = {
  SESSION_EXISTS: '--force destroys the one that is there; --override-name names the new one',
  OUTPUT_IN_USE: '--override-url=file:///DIR has it write to another directory',
  NO_SAVED_SESSION: 'ringtail save writes sessions; --input-path names a file or another directory',
  TRIGGER_EXISTS:
    '--no-triggers leaves those of the files out; ringtail remove-trigger NAME removes the one that is there',
};

export function addLoad(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('load')
    .description('make sessions again that were saved, by us or by LTTng')
    .argument('[session]', 'session (default: all)')
    .option('-a, --all', 'all sessions')
    .option('-f, --force', 'destroy sessions of the same names first')
    .option(
      '-i, --input-path <path>',
      'file or directory (default: .ringtail/sessions at home, /etc/ringtail/sessions)',
    )
    .option('--override-name <name>', 'another name for the session')
    .addOption(new Option('--override-url <url>', 'write to this directory instead: file:///DIR'))
    .option('--no-triggers', 'leave out the triggers that were saved with the sessions')
    .addHelpText(
      'after',
      '\nExamples:\n  ringtail load slow\n  ringtail load --input-path=slow.lttng --override-name=again',
    );
  act(command, async (name: string | undefined, options: LoadOptions) => {
    if (options.all && name !== undefined) throw new CliError('BAD_ARGUMENT', 'give either a session or --all');
    if (options.all && options.overrideName !== undefined) {
      throw new CliError('BAD_ARGUMENT', 'Options --all and --override-name cannot be used simultaneously');
    }
    const output = options.overrideUrl === undefined ? undefined : pathOfUrl(options.overrideUrl);
    const paths =
      options.inputPath === undefined
        ? savedSessionsDirectories(context.env)
        : [absolutePath(context, options.inputPath)];
    const loaded = await withDaemon(context, (client) =>
      loadSessions(client, {
        sessions: name === undefined ? null : [name],
        paths,
        force: options.force === true,
        name: options.overrideName,
        outputOf: () => output,
        triggers: options.triggers,
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof CtlError)) throw error;
      // A script that loads whatever there is, at each boot say, is right where there is nothing yet.
      if (error.code === 'NO_SAVED_SESSION' && isWhateverThereIs(name, options)) {
        warn(context, error.describe());
        return [];
      }
      const hint = Object.hasOwn(HINTS, error.code) ? HINTS[error.code] : undefined;
      throw hint === undefined ? error : new CliError(error.code, error.describe(), hint);
    });
    // Warnings are of the whole file, of which there may be several sessions.
    for (const warning of new Set(loaded.flatMap(({ warnings }) => warnings))) warn(context, warning);
    const sessions = loaded.map(({ session, path }) => ({ session, path }));
    report(context, outputFormatOf(command), { command: 'load', sessions }, () =>
      [
        name === undefined && options.overrideName === undefined
          ? `All sessions have been loaded successfully: ${sessions.map(({ session }) => session).join(', ') || 'none'}`
          : `Session ${name ?? sessions[0]?.session} has been loaded successfully`,
        ...(options.overrideName === undefined ? [] : [`Session name overridden with ${options.overrideName}`]),
      ].join('\n'),
    );
    // As with LTTng, one session that was asked for by its name becomes the current one; several do not.
    return name === undefined ? undefined : makeCurrentSession(context, options.overrideName ?? name);
  });
  return command;
}

function isWhateverThereIs(name: string | undefined, { inputPath, overrideName }: LoadOptions): boolean {
  return [name, inputPath, overrideName].every((one) => one === undefined);
}
