import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const READY_FD = 3;
/** Set in the environment of a process that runs in the background already. */
const IN_BACKGROUND = 'RINGTAIL_SESSIOND_IN_BACKGROUND';

/** Whether `runInBackground` started this process. Clears the mark, so that children do not inherit it. */
export function takeBackgroundMark(env: NodeJS.ProcessEnv): boolean {
  const marked = env[IN_BACKGROUND] === '1';
  delete env[IN_BACKGROUND];
  return marked;
}

/**
 * Runs this command line again as a process in a session of its own, since Node.js cannot fork.
 *
 * @param keepConsole whether the process keeps standard output and standard error
 * @returns 0 once it is ready; else its exit code, with its output copied to our standard error
 */
export function runInBackground(keepConsole: boolean): Promise<number> {
  const [, main, ...args] = process.argv as [string, string, ...string[]];
  const child = spawn(process.execPath, [...process.execArgv, main, ...args, '--ready-fd', String(READY_FD)], {
    detached: true,
    env: { ...process.env, [IN_BACKGROUND]: '1' },
    stdio: ['ignore', keepConsole ? 'inherit' : 'ignore', keepConsole ? 'inherit' : 'pipe', 'pipe'],
  });
  child.stderr?.pipe(process.stderr, { end: false });
  return new Promise((resolve) => {
    readyPipeOf(child).once('data', () => resolve(0));
    child.once('error', (error) => {
      process.stderr.write(`ringtail-sessiond: cannot go to the background: ${error.message}\n`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 3));
  });
}

function readyPipeOf(child: ChildProcess): Socket {
  return child.stdio[READY_FD] as Socket;
}
