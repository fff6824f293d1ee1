import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Paths in the run directory of a session daemon. */
export interface RunDirectory {
  readonly path: string;
  /** Socket at which applications register. */
  readonly appSocket: string;
  /** Socket for commands of clients. */
  readonly clientSocket: string;
  /**
   * Socket for root's commands to a daemon of root: users cannot fill its queue, as they can fill that of
   * `clientSocket`.
   */
  readonly rootSocket: string;
  /** Socket to which the consumer daemon connects. */
  readonly consumerSocket: string;
  /** FIFO in which producers write a byte to wake the consumer. */
  readonly wakeFifo: string;
  /** Run directories of other users' consumers, by the user's number. */
  readonly consumersDirectory: string;
  readonly pidFile: string;
  readonly logFile: string;
}

export function runDirectoryAt(path: string): RunDirectory {
  return {
    path,
    appSocket: join(path, 'app.sock'),
    clientSocket: join(path, 'client.sock'),
    rootSocket: join(path, 'root.sock'),
    consumerSocket: join(path, 'consumer.sock'),
    wakeFifo: join(path, 'consumer.wake'),
    consumersDirectory: join(path, 'consumers'),
    pidFile: join(path, 'sessiond.pid'),
    logFile: join(path, 'sessiond.log'),
  };
}

export const ROOT_RUN_DIRECTORY = '/run/ringtail';
/** Group whose members may give commands to a daemon of root, by default. */
export const DEFAULT_GROUP = 'tracing';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The user's run directory: `RINGTAIL_RUNDIR`, else root's, `$XDG_RUNTIME_DIR/ringtail`, or one in the temporary
 * directory.
 */
export function defaultRunDirectory(env: Environment, uid: number): RunDirectory {
  if (env.RINGTAIL_RUNDIR) return runDirectoryAt(env.RINGTAIL_RUNDIR);
  if (uid === 0) return runDirectoryAt(ROOT_RUN_DIRECTORY);
  const runtime = userRuntimeDirectory(env);
  if (runtime !== undefined) return runDirectoryAt(join(runtime, 'ringtail'));
  return runDirectoryAt(join(tmpdir(), `ringtail-${uid}`));
}

/**
 * The user's directory for sockets: `XDG_RUNTIME_DIR`, if it has an absolute path. Empty values are as unset, and other
 * paths are invalid.
 *
 * @see XDG Base Directory Specification 0.8
 */
export function userRuntimeDirectory({ XDG_RUNTIME_DIR: path }: Environment): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/**
 * Run directories in which an application registers, in control-slot order: root's and the user's, or
 * `RINGTAIL_RUNDIR`.
 */
export function applicationRunDirectories(env: Environment, uid: number): RunDirectory[] {
  const own = defaultRunDirectory(env, uid);
  if (env.RINGTAIL_RUNDIR || uid === 0) return [own];
  return [runDirectoryAt(ROOT_RUN_DIRECTORY), own];
}
