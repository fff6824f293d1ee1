import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { daemonEnvironment } from '@ringtail/posix';
import type { Log } from '../log/log.ts';

export interface ConsumerProcess {
  readonly pid: number;
  /** Resolves with the reason of its end, in words. */
  readonly ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export type StartConsumer = () => ConsumerProcess;

/**
 * Starts consumer daemons from a main module.
 *
 * Each has a process group and session of its own, so that Ctrl-C in the daemon's shell does not reach it.
 */
export function consumerStarter(mainPath: string, runDirectory: string, log: Log): StartConsumer {
  return () => {
    const child = spawn(process.execPath, [mainPath, '--rundir', runDirectory], {
      cwd: '/',
      env: daemonEnvironment(),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let lastWords = '';
    let complaint = '';
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        log.info(`consumer: ${line}`);
        if (line.trim() !== '') lastWords = line.trim();
        // Of an exception, the line with its name is worth showing, not the stack below it.
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
    // `close` comes after all output.
    child.once('close', (code, signal) =>
      resolve(signal === null ? `it ended with exit code ${code}` : `it was killed by ${signal}`),
    );
  });
}
