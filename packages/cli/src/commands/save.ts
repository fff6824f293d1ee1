import { savedSessionsDirectory, saveSessions } from '@ringtail/ctl';
import type { Command } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report, warn } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { withNextStep } from '../session/on-session.ts';

interface SaveOptions {
  readonly all?: boolean;
  readonly force?: boolean;
  readonly outputPath?: string;
  readonly triggers: boolean;
}

export function addSave(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('save')
    .description("save sessions to files in LTTng's format, for load")
    .argument('[session]', 'session (default: all)')
    .option('-a, --all', 'all sessions')
    .option('-f, --force', 'replace existing files')
    .option('-o, --output-path <dir>', 'directory of the files (default: .ringtail/sessions at home)')
    .option('--no-triggers', 'save no triggers; without this option your triggers are saved with each session')
    .addHelpText('after', '\nExamples:\n  ringtail save\n  ringtail save slow --force -o /tmp/sessions');
  act(command, async (name: string | undefined, options: SaveOptions) => {
    if (options.all && name !== undefined) throw new CliError('BAD_ARGUMENT', 'give either a session or --all');
    const directory =
      options.outputPath === undefined
        ? savedSessionsDirectory(context.env)
        : absolutePath(context, options.outputPath);
    const { triggers } = options;
    const saving = { sessions: name === undefined ? null : [name], directory, force: options.force === true, triggers };
    const saved = await withDaemon(context, async (client) => {
      try {
        return await saveSessions(client, saving);
      } catch (error) {
        throw withForceHint(await withNextStep(context, client, name ?? '', error));
      }
    });
    for (const warning of new Set(saved.flatMap(({ warnings }) => warnings))) warn(context, warning);
    const sessions = saved.map(({ session, path }) => ({ session, path }));
    report(context, outputFormatOf(command), { command: 'save', sessions }, () =>
      name === undefined
        ? `All sessions have been saved successfully in ${directory}.`
        : `Session ${name} saved successfully in ${directory}.`,
    );
    return undefined;
  });
  return command;
}

function withForceHint(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'FILE_EXISTS' ? new CliError(code, String(message), '--force replaces it') : error;
}
