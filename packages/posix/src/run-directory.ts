import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What lies in a run directory. */
export interface RunDirectory {
  readonly path: string;
  /** Applications register here. */
  readonly appSocket: string;
  /** Clients send commands here. */
  readonly clientSocket: string;
  /**
   * Root sends commands to a daemon of root here: at the other socket, users who connect without end could fill the queue.
   */
  readonly rootSocket: string;
  /** The consumer daemon connects here. */
  readonly consumerSocket: string;
  /** Producers write a byte here when the consumer asked to be woken. */
  readonly wakeFifo: string;
  /** Run directories of the consumers of other users than the daemon's, by the user's number. */
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
/** Group whose members may give commands to a daemon of root, where no other is named. */
export const DEFAULT_GROUP = 'tracing';

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's own run directory: `RINGTAIL_RUNDIR`, or root's, or `$XDG_RUNTIME_DIR/ringtail`, or one under the temporary directory. */
export function defaultRunDirectory(env: Environment, uid: number): RunDirectory {
  if (env.RINGTAIL_RUNDIR) return runDirectoryAt(env.RINGTAIL_RUNDIR);
  if (uid === 0) return runDirectoryAt(ROOT_RUN_DIRECTORY);
  if (env.XDG_RUNTIME_DIR) return runDirectoryAt(join(env.XDG_RUNTIME_DIR, 'ringtail'));
  return runDirectoryAt(join(tmpdir(), `ringtail-${uid}`));
}

/** The run directories an application registers with, in control-slot order: root's and the user's, or the one named. */
export function applicationRunDirectories(env: Environment, uid: number): RunDirectory[] {
  const own = defaultRunDirectory(env, uid);
  if (env.RINGTAIL_RUNDIR || uid === 0) return [own];
  return [runDirectoryAt(ROOT_RUN_DIRECTORY), own];
}
