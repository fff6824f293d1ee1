import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Log } from '../log/log.ts';

export interface ConsumerProcess {
  readonly pid: number;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export type StartConsumer = () => ConsumerProcess;

/**
 * Starts consumer daemons from a main module.
 *
 * Each gets a process group and session of its own: Ctrl-C in the shell that a daemon was started from is not meant for it.
 */
export function consumerStarter(mainPath: string, runDirectory: string, log: Log): StartConsumer {
  return () => {
    // What a user preloads into applications is not meant for daemons.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(process.execPath, [mainPath, '--rundir', runDirectory], {
      cwd: '/',
      env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let lastWords = '';
    let complaint = '';
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        log.info(`consumer: ${line}`);
        if (line.trim() !== '') lastWords = line.trim();
        // An exception is followed by where it came from; the line that names it is the one to show.
        if (/Error\b.*:/.test(line)) complaint = line.trim();
      });
    }
    return {
      pid: child.pid ?? 0,
      ended: endOf(child).then((how) => [how, complaint || lastWords].filter((part) => part !== '').join(': ')),
      kill: (signal) => void child.kill(signal),
    };
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    // `close` comes after everything that it said.
    child.once('close', (code, signal) =>
      resolve(signal === null ? `it ended with exit code ${code}` : `it was killed by ${signal}`),
    );
  });
}
