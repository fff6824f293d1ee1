import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const READY_FD = 3;
/** Set in the environment of a process that is in the background already. */
const IN_BACKGROUND = 'RINGTAIL_SESSIOND_IN_BACKGROUND';

/** Whether this process is the one that `runInBackground` started. Asked once: its children are not. */
export function takeBackgroundMark(env: NodeJS.ProcessEnv): boolean {
  const marked = env[IN_BACKGROUND] === '1';
  delete env[IN_BACKGROUND];
  return marked;
}

/**
 * Runs this command line again, since Node.js cannot fork, as a process in a session of its own.
 *
 * @param keepConsole whether it keeps standard output and standard error.
 * @returns once it is ready, 0; else its exit code, everything it said being on our standard error.
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
