import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import type { Outcome } from '../program/command.ts';
import { resolveCommand } from '../program/resolve-command.ts';

/**
 * Runs another trace reader with our standard streams, and exits with its exit code.
 *
 * @param viewer the command and its arguments, separated by spaces
 * @param traces its last arguments
 * @throws {CliError} `COMMAND_NOT_FOUND`, `COMMAND_NOT_EXECUTABLE`, `BAD_ARGUMENT`
 */
export async function runViewer(context: Context, viewer: string, traces: readonly string[]): Promise<Outcome> {
  const [name, ...args] = viewer.split(/\s+/).filter((word) => word !== '');
  if (name === undefined) throw new CliError('BAD_ARGUMENT', '--viewer names no command');
  const child = spawn(resolveCommand(context, name), [...args, ...traces], {
    argv0: name,
    stdio: 'inherit',
    env: { ...context.env },
    cwd: context.cwd ?? undefined,
  });
  return await new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(signal === null ? { code: code ?? 0 } : { code: 128 + constants.signals[signal], signal });
    });
  });
}
