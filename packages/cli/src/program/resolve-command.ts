import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';

/**
 * The path at which a shell would find the command. Resolved before a daemon is started, so that a typing error costs
 * nothing.
 *
 * @throws {CliError} `COMMAND_NOT_FOUND` or `COMMAND_NOT_EXECUTABLE`, as a shell tells them apart.
 */
export function resolveCommand(context: Context, command: string): string {
  const candidates = command.includes('/')
    ? [absolutePath(context, command)]
    : (context.env.PATH ?? '/usr/bin:/bin')
        .split(delimiter)
        .filter((directory) => context.cwd !== null || isAbsolute(directory))
        .map((directory) => absolutePath(context, join(directory, command)));
  const files = candidates.filter((path) => statOf(path) !== undefined);
  const executable = files.find((path) => statOf(path)?.isFile() && mayExecute(path));
  if (executable !== undefined) return executable;
  if (files.length > 0) throw notExecutable(command, files[0] as string);
  throw new CliError('COMMAND_NOT_FOUND', `${command}: command not found`, notFoundHint(command));
}

export function notExecutable(command: string, path: string): CliError {
  const why = statOf(path)?.isDirectory() ? 'it is a directory' : 'it may not be executed';
  return new CliError(
    'COMMAND_NOT_EXECUTABLE',
    `${command}: ${why}`,
    /\.[cm]?[jt]s$/.test(path) ? `run it with Node.js: ringtail record node ${command}` : `chmod +x ${path} allows it`,
  );
}

function notFoundHint(command: string): string {
  if (/\.[cm]?[jt]s$/.test(command)) return `run it with Node.js: ringtail record node ${command}`;
  return command.includes('/') ? 'is the path right?' : 'it is in none of the directories of PATH';
}

/** As in a shell, a directory without search permission does not contain the command. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
