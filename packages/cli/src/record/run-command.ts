import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { errnoOf } from '@ringtail/base';
import { CliError } from '../errors/cli-error.ts';
import { notExecutable } from '../program/resolve-command.ts';
import type { CommandSignals } from './command-signals.ts';

/** End of the command: exactly one member is not null. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const SHELL = '/bin/sh';
/** Waits for a line on descriptor 3, then becomes the command. */
const WAIT = 'read -r line <&3 || exit 125; exec 3<&-; exec "$@"';

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
}

/**
 * Runs the command on our own standard streams and in our process group.
 *
 * @param path path of the command
 * @param args its name as the user gave it, then its arguments
 * @param ready called with the number of the process before it becomes the command, which waits for the result
 * @throws {CliError} `COMMAND_NOT_FOUND`, `COMMAND_NOT_EXECUTABLE`
 */
export async function runCommand(
  path: string,
  args: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
  signals: CommandSignals,
  ready?: (pid: number) => Promise<void>,
): Promise<RunningCommand> {
  const [name, ...rest] = args;
  try {
    const child =
      ready === undefined
        ? spawn(path, rest, { argv0: name, stdio: 'inherit', env: { ...env } })
        : spawn(SHELL, ['-c', WAIT, SHELL, ...args], {
            stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
            env: { ...env },
          });
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
    if (ready !== undefined) await letRun(child, ready);
    return { pid: child.pid as number, ended };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EACCES' || errno === 'ENOEXEC') throw notExecutable(name, path);
    if (errno !== 'ENOENT') throw error;
    throw new CliError('COMMAND_NOT_FOUND', `${name}: the file, or the interpreter its first line names, is not there`);
  }
}

/** Lets the shell become the command. Without its line it ends. */
async function letRun(child: ChildProcess, ready: (pid: number) => Promise<void>): Promise<void> {
  const gate = child.stdio[3] as Writable;
  // The shell may have been killed.
  gate.on('error', () => undefined);
  try {
    await ready(child.pid as number);
    gate.write('go\n');
  } finally {
    gate.end();
  }
}
