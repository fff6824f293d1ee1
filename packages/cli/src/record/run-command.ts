import { spawn } from 'node:child_process';
import { errnoOf } from '@ringtail/base';
import { CliError } from '../errors/cli-error.ts';
import { notExecutable } from '../program/resolve-command.ts';
import type { CommandSignals } from './command-signals.ts';

/** End of the command: exactly one member is not null. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
}

/**
 * Runs the command on our own standard streams and in our process group.
 *
 * @param path path of the command
 * @param args its name as the user gave it, then its arguments
 * @throws {CliError} `COMMAND_NOT_FOUND`, `COMMAND_NOT_EXECUTABLE`
 */
export async function runCommand(
  path: string,
  args: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
  signals: CommandSignals,
): Promise<RunningCommand> {
  const [name, ...rest] = args;
  try {
    const child = spawn(path, rest, { argv0: name, stdio: 'inherit', env: { ...env } });
    const ended = new Promise<CommandEnd>((resolve) => {
      child.once('exit', (code, signal) => {
        signals.commandEnded();
        resolve({ code, signal });
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    signals.commandRuns((signal) => child.kill(signal));
    return { pid: child.pid as number, ended };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EACCES' || errno === 'ENOEXEC') throw notExecutable(name, path);
    if (errno !== 'ENOENT') throw error;
    throw new CliError('COMMAND_NOT_FOUND', `${name}: the file, or the interpreter its first line names, is not there`);
  }
}
