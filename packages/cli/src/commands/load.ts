import { RingtailError } from '@ringtail/base';
import { CtlError, type LoadedSession, loadSessions, savedSessionsDirectories } from '@ringtail/ctl';
import { type Command, Option } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode, exitCodeOf } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { pathOfUrl } from '../options/directory-url.ts';
import { report, reportError, warn } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { makeCurrentSession } from '../session/current-session.ts';

interface LoadOptions {
  readonly all?: boolean;
  readonly force?: boolean;
  readonly inputPath?: string;
  readonly overrideName?: string;
  readonly overrideUrl?: string;
  readonly triggers: boolean;
}

/** Next steps by error code. */
const HINTS: Readonly<Record<string, string>> = {
  NAME_TAKEN: '--override-name names the new one',
  SESSION_EXISTS: '--force destroys the one that is there; --override-name names the new one',
  OUTPUT_IN_USE: '--override-url=file:///DIR has it write to another directory',
  NO_SAVED_SESSION: 'ringtail save writes sessions; --input-path names a file or another directory',
  TRIGGER_EXISTS:
    '--no-triggers leaves those of the files out; ringtail remove-trigger NAME removes the one that is there',
};

export function addLoad(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('load')
    .description('load sessions that were saved by ringtail or by LTTng')
    .argument('[session]', 'session (default: all)')
    .option('-a, --all', 'all sessions')
    .option('-f, --force', 'destroy existing sessions of the same names first')
    .option(
      '-i, --input-path <path>',
      'file or directory (default: .ringtail/sessions at home, /etc/ringtail/sessions)',
    )
    .option('--override-name <name>', 'new name of the session')
    .addOption(new Option('--override-url <url>', 'new output directory: file:///DIR'))
    .option('--no-triggers', 'leave out the triggers that were saved with the sessions')
    .addHelpText(
      'after',
      '\nExamples:\n  ringtail load slow\n  ringtail load slow --input-path=slow.lttng --override-name=again',
    );
  act(command, async (name: string | undefined, options: LoadOptions) => {
    if (options.all && name !== undefined) throw new CliError('BAD_ARGUMENT', 'give either a session or --all');
    if (options.all && options.overrideName !== undefined) {
      throw new CliError('BAD_ARGUMENT', 'Options --all and --override-name cannot be used simultaneously');
    }
    if (name === undefined && options.overrideName !== undefined) {
      throw new CliError(
        'BAD_ARGUMENT',
        'Option --override-name needs the name of the session that it renames',
        'ringtail load SESSION --override-name=NAME',
      );
    }
    const output = options.overrideUrl === undefined ? undefined : pathOfUrl(options.overrideUrl);
    const paths =
      options.inputPath === undefined
        ? savedSessionsDirectories(context.env)
        : [absolutePath(context, options.inputPath)];
    const format = outputFormatOf(command);
    let code: number = ExitCode.OK;
    const onFailure = (error: unknown) => {
      if (!(error instanceof RingtailError) || error.code === 'DAEMON_GONE') throw error;
      reportError(context, format, withHint(error));
      if (code === ExitCode.OK) code = exitCodeOf(error, command.name());
    };
    const loaded = await withDaemon(context, (client) =>
      loadSessions(client, {
        sessions: name === undefined ? null : [name],
        paths,
        force: options.force === true,
        name: options.overrideName,
        outputOf: () => output,
        triggers: options.triggers,
        onFailure,
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof CtlError)) throw error;
      // A script may load all saved sessions at each boot, also before the first is saved.
      if (error.code === 'NO_SAVED_SESSION' && isWhateverThereIs(name, options)) {
        warn(context, error.describe());
        return [];
      }
      throw withHint(error);
    });
    // Warnings are about a whole file, which may hold several sessions.
    for (const warning of new Set(loaded.flatMap(({ warnings }) => warnings))) warn(context, warning);
    const success = code === ExitCode.OK;
    const sessions = loaded.map(({ session, path, output: place }) => ({ session, path, output: place }));
    report(context, format, { command: 'load', sessions, success }, () =>
      describe(loaded, name, options.overrideName, success),
    );
    // As in LTTng, a session that is loaded by name becomes the current session.
    return name === undefined || !success ? { code } : makeCurrentSession(context, options.overrideName ?? name);
  });
  return command;
}

function withHint(error: RingtailError): RingtailError {
  const hint = Object.hasOwn(HINTS, error.code) ? HINTS[error.code] : undefined;
  return hint === undefined ? error : new CliError(error.code, error.describe(), hint);
}

/** @param asked the named session; undefined for all */
function describe(
  loaded: readonly LoadedSession[],
  asked: string | undefined,
  overrideName: string | undefined,
  success: boolean,
): string {
  const names = loaded.map(({ session }) => session).join(', ');
  if (!success) return names === '' ? '' : `Loaded: ${names}`;
  if (asked === undefined && overrideName === undefined) {
    return `All sessions have been loaded successfully: ${names || 'none'}`;
  }
  const line = `Session ${asked ?? names} has been loaded successfully`;
  return overrideName === undefined ? line : `${line}\nSession name overridden with ${overrideName}`;
}

function isWhateverThereIs(name: string | undefined, { inputPath, overrideName }: LoadOptions): boolean {
  return [name, inputPath, overrideName].every((one) => one === undefined);
}
