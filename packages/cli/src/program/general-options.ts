import { type Command, Option } from 'commander';
import { absolutePath, type Context, DEFAULT_SETTINGS, type GeneralSettings } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { outputFormatOption } from '../options/common-options.ts';

interface GeneralOptions {
  readonly group: string;
  readonly mi?: string;
  readonly sessiond: boolean;
  readonly sessiondPath?: string;
  readonly relaydPath?: string;
  readonly quiet?: boolean;
  readonly verbose?: number;
}

/** Adds the options before the command, as in LTTng. */
export function addGeneralOptions(program: Command): Command {
  return program
    .option('-g, --group <group>', "Unix group whose members use root's session daemon", DEFAULT_SETTINGS.group)
    .option('-m, --mi <type>', "write results in LTTng's machine interface; the only type is xml", (type) =>
      /^xml$/i.test(type) ? 'xml' : type,
    )
    .option('-n, --no-sessiond', 'never start a session daemon')
    .option(
      '--sessiond-path <path>',
      'main module of the session daemon that create starts (or RINGTAIL_SESSIOND_PATH)',
    )
    .addOption(new Option('--relayd-path <path>', 'of a relay daemon: not part of this version').hideHelp())
    .option('-q, --quiet', 'write no text for people, not even errors')
    .option(
      '-v, --verbose',
      'write more details to standard error; repeatable',
      (_, before: number | undefined) => (before ?? 0) + 1,
    )
    .option('--list-commands', 'write the names of all commands')
    .addOption(outputFormatOption());
}

/**
 * The settings of the options before the command.
 *
 * @throws {CliError} `BAD_ARGUMENT`
 */
export function generalSettings(program: Command, context: Pick<Context, 'env' | 'cwd'>): GeneralSettings {
  const options = program.opts<GeneralOptions>();
  if (options.mi !== undefined && options.mi !== 'xml') {
    throw new CliError(
      'BAD_ARGUMENT',
      `there is no machine interface of type "${options.mi}"`,
      'write --mi=xml, or --output-format=json for JSON',
    );
  }
  if (options.relaydPath !== undefined) {
    throw new CliError(
      'UNSUPPORTED',
      'not supported yet: --relayd-path; relay daemons are not part of this version',
      'leave it out',
    );
  }
  const sessiondPath = options.sessiondPath ?? (context.env.RINGTAIL_SESSIOND_PATH || undefined);
  return {
    group: options.group,
    spawn: options.sessiond,
    sessiondPath: sessiondPath === undefined ? null : absolutePath(context, sessiondPath),
    quiet: options.quiet === true,
    verbosity: options.quiet ? 0 : (options.verbose ?? 0),
  };
}
