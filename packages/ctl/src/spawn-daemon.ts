import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { daemonEnvironment, runDirectoryAt } from '@ringtail/posix';
import { CtlError, ctlError } from './ctl-error.ts';
import { SessionDaemonClient } from './session-daemon-client.ts';

const READY_TIMEOUT_MS = 30_000;
const READY_FD = 3;
const OUTPUT_LENGTH_MAX = 16 * 1024;
const LOG_TAIL_BYTES = 2048;

export interface SpawnDaemonOptions {
  /** Run directory; created if it is absent. */
  readonly runDirectory: string;
  /** Path of the session daemon's main module: `fileURLToPath(import.meta.resolve('ringtail/sessiond'))`. */
  readonly mainPath: string;
  /** Makes the daemon destroy its sessions and end when this process ends, even if it is killed. */
  readonly endWithUs?: boolean;
  /** `error`, `warn`, `info` (the default) or `debug`. */
  readonly logLevel?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds to wait until the daemon is ready; 30 seconds by default. */
  readonly timeoutMs?: number;
}

export interface RunningDaemon {
  readonly pid: number;
  readonly client: SessionDaemonClient;
}

/**
 * Starts a session daemon in a process group and session of its own, so that Ctrl-C in a shell does not end it, and
 * connects to it.
 *
 * @throws {CtlError} `DAEMON_NOT_STARTED` with the daemon's output and the end of its log; `TIMEOUT`
 */
export async function spawnDaemon(options: SpawnDaemonOptions): Promise<RunningDaemon> {
  const { runDirectory, mainPath, logLevel, endWithUs = false } = options;
  const args = [mainPath, '--rundir', runDirectory, '--ready-fd', String(READY_FD)];
  if (endWithUs) args.push('--lifeline');
  if (logLevel !== undefined) args.push('--log-level', logLevel);
  const child = spawn(process.execPath, args, {
    cwd: '/',
    env: daemonEnvironment(options.env),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  try {
    await ready(child, runDirectory, options.timeoutMs ?? READY_TIMEOUT_MS);
    const client = await SessionDaemonClient.connect({ runDirectory });
    if (endWithUs) keepOpen(readyPipeOf(child));
    else readyPipeOf(child).destroy();
    return { pid: client.daemonPid, client };
  } catch (error) {
    readyPipeOf(child).destroy();
    throw error;
  } finally {
    child.stderr?.destroy();
    child.unref();
  }
}

/**
 * Connects to the session daemon of a run directory, or starts one.
 *
 * @throws {CtlError} as `SessionDaemonClient.connect` and `spawnDaemon`
 */
export async function ensureDaemon(
  options: SpawnDaemonOptions,
): Promise<RunningDaemon & { readonly spawned: boolean }> {
  const { runDirectory } = options;
  const running = await connectIfRunning(runDirectory);
  if (running !== undefined) return { ...running, spawned: false };
  try {
    return { ...(await spawnDaemon(options)), spawned: true };
  } catch (error) {
    // Another process may have started a daemon at the same moment: only one of the two stays.
    const other = await connectIfRunning(runDirectory);
    if (other !== undefined) return { ...other, spawned: false };
    throw error;
  }
}

async function connectIfRunning(runDirectory: string): Promise<RunningDaemon | undefined> {
  try {
    const client = await SessionDaemonClient.connect({ runDirectory });
    return { pid: client.daemonPid, client };
  } catch (error) {
    if (error instanceof CtlError && error.code === 'NO_DAEMON') return undefined;
    throw error;
  }
}

function ready(child: ChildProcess, runDirectory: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGTERM');
      settle(ctlError('TIMEOUT', `the session daemon was not ready within ${timeoutMs} ms${logTail(runDirectory)}`));
    }, timeoutMs);
    const settle = (error?: CtlError) => {
      clearTimeout(timer);
      if (error === undefined) resolve();
      else reject(error);
    };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_LENGTH_MAX);
    });
    readyPipeOf(child).once('data', () => settle());
    child.once('error', (error) =>
      settle(ctlError('DAEMON_NOT_STARTED', `cannot start ${process.execPath}: ${error.message}`, error)),
    );
    // All output of the daemon has arrived only at `close`.
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const why = output.trim() === '' ? `${how}${logTail(runDirectory)}` : output.trim();
      settle(ctlError('DAEMON_NOT_STARTED', `the session daemon did not start: ${why}`));
    });
  });
}

function readyPipeOf(child: ChildProcess): Socket {
  return child.stdio[READY_FD] as Socket;
}

/** Keeps the pipe open until this process ends, without delaying that end. */
function keepOpen(pipe: Socket): void {
  pipe.on('error', () => {});
  pipe.resume();
  pipe.unref();
}

/** The last lines of the daemon's log, to append to an error message; empty if there is no readable log. */
function logTail(runDirectory: string): string {
  const path = runDirectoryAt(runDirectory).logFile;
  try {
    const descriptor = openSync(path, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const bytes = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
      readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
      return `; ${path} ends with:\n${bytes.toString('utf8').trim()}`;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}
