import { spawn } from 'node:child_process';
import { errnoOf } from '@ringtail/base';
import { CliError } from '../errors.ts';
import { terminalRole } from './controlling-terminal.ts';
import { forwardSignals } from './forward-signals.ts';
import { notExecutable } from './resolve-command.ts';

/** How the command ended: exactly one of the two is not null. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
}

/**
 * Runs the command on our own standard streams, in our process group, and passes signals on to it.
 *
 * @param path where the command lies
 * @param args its name as the user gave it, then its arguments
 * @throws {CliError} `COMMAND_NOT_FOUND`, `COMMAND_NOT_EXECUTABLE`
 */
export async function runCommand(
  path: string,
  args: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningCommand> {
  const [name, ...rest] = args;
  // From here on a signal is the command's business. One that comes before it runs is delivered once it does.
  const early: NodeJS.Signals[] = [];
  let send = (signal: NodeJS.Signals): void => void early.push(signal);
  const stopForwarding = forwardSignals((signal) => send(signal), terminalRole);
  try {
    const child = spawn(path, rest, { argv0: name, stdio: 'inherit', env: { ...env } });
    const ended = new Promise<CommandEnd>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    }).finally(stopForwarding);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    send = (signal) => void child.kill(signal);
    for (const signal of early) send(signal);
    return { pid: child.pid as number, ended };
  } catch (error) {
    stopForwarding();
    const errno = errnoOf(error);
    if (errno === 'EACCES' || errno === 'ENOEXEC') throw notExecutable(name, path);
    if (errno !== 'ENOENT') throw error;
    throw new CliError('COMMAND_NOT_FOUND', `${name}: the file, or the interpreter its first line names, is not there`);
  }
}
