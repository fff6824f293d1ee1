import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError } from '@ringtail/base';
import { CtlError, type DaemonOwner, daemonOwner, ensureDaemon, SessionDaemonClient, spawnDaemon } from '@ringtail/ctl';
import {
  defaultRunDirectory,
  ROOT_RUN_DIRECTORY,
  type RunDirectory,
  runDirectoryAt,
  UNIX_PATH_BYTES_MAX,
  userRuntimeDirectory,
} from '@ringtail/posix';
import { groupNumber } from '@ringtail/posix/accounts';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { shellQuote } from '../output/quantity.ts';
import { explain } from '../output/report.ts';

const END_TIMEOUT_MS = 60_000;

/**
 * Connects to our session daemon for one action: see `candidates`.
 *
 * @param options.spawn whether to start a daemon if none runs
 * @throws {CliError} `NO_DAEMON` if none runs and none may be started
 */
export async function withDaemon<T>(
  context: Context,
  action: (client: SessionDaemonClient) => Promise<T>,
  options: { readonly spawn: boolean } = { spawn: false },
): Promise<T> {
  const client = await connectToAny(context, options.spawn && context.settings.spawn);
  try {
    return await action(client);
  } finally {
    client.close();
  }
}

/**
 * Run directories in which our session daemon may run, in LTTng's order: the named one; else root's, for root and for
 * members of the tracing group if root's daemon answers; else the user's own.
 */
export function candidates(context: Context): string[] {
  const own = absolutePath(context, defaultRunDirectory(context.env, context.uid).path);
  if (context.env.RINGTAIL_RUNDIR || context.uid === 0) return [own];
  const group = groupNumber(context.settings.group);
  return group !== undefined && context.gids.includes(group) ? [ROOT_RUN_DIRECTORY, own] : [own];
}

async function connectToAny(context: Context, spawn: boolean): Promise<SessionDaemonClient> {
  const places = candidates(context);
  const own = places.at(-1) as string;
  for (const place of places.slice(0, -1)) {
    const client = await SessionDaemonClient.connect({ runDirectory: place }).catch((error: CtlError) => {
      if (error.code !== 'NO_DAEMON' && error.code !== 'NOT_PERMITTED') throw error;
    });
    if (client !== undefined) return client;
  }
  if (!spawn) return await connect(own, 'ringtail create NAME starts one; ringtail record brings its own');
  const mainPath = context.settings.sessiondPath ?? daemonMainPath();
  const running = await ensureDaemon({ runDirectory: own, mainPath, env: { ...context.env } }).catch(
    (error: unknown) => {
      throw withHint(error, own);
    },
  );
  if (running.spawned) explain(context, `started a session daemon in ${own}: process ${running.pid}`);
  return running.client;
}

/** A session daemon to record with. */
export interface Daemon {
  readonly client: SessionDaemonClient;
  readonly runDirectory: RunDirectory;
  /** Whether the daemon was started for this recording, and ends with it. */
  readonly isPrivate: boolean;
  /** Ends a private daemon, and closes the connection. */
  release(): Promise<void>;
  /** The same, without waiting for data that is still being written. */
  abandon(): void;
}

/**
 * The daemon of the run directory that the user named, on the command line or as `RINGTAIL_RUNDIR`; else a private one.
 *
 * @param named the run directory of the command line, or null
 */
export async function daemonForRecording(context: Context, named: string | null): Promise<Daemon> {
  const path = named ?? context.env.RINGTAIL_RUNDIR;
  if (!path) return privateDaemon(context);
  const runDirectory = runDirectoryAt(absolutePath(context, path));
  const client = await connect(runDirectory.path, hintWithoutDaemon(context, named, runDirectory.path));
  const abandon = (): void => client.close();
  return { client, runDirectory, isPrivate: false, release: async () => abandon(), abandon };
}

/** Next step where no daemon runs in the directory of `--rundir` or `RINGTAIL_RUNDIR`. */
function hintWithoutDaemon({ env }: Context, named: string | null, path: string): string {
  const start = `start a daemon there: RINGTAIL_RUNDIR=${shellQuote(path)} ringtail create NAME`;
  if (named === null) {
    return `RINGTAIL_RUNDIR names this directory: unset it, to record with a daemon of its own, or ${start}`;
  }
  const also = env.RINGTAIL_RUNDIR ? ' and unset RINGTAIL_RUNDIR' : '';
  return `leave out --rundir${also}, to record with a daemon of its own, or ${start}`;
}

/** A daemon for one command alone, in a run directory of its own. */
export async function privateDaemon(context: Context): Promise<Daemon> {
  const runDirectory = runDirectoryAt(makePrivateDirectory(context));
  const remove = (): void => rmSync(runDirectory.path, { recursive: true, force: true });
  try {
    const { client, pid } = await spawnDaemon({
      runDirectory: runDirectory.path,
      mainPath: daemonMainPath(),
      env: { ...context.env },
      endWithUs: true,
    });
    const abandon = (): void => {
      endAtOnce(pid);
      remove();
    };
    const release = async (): Promise<void> => {
      // A daemon that is gone has ended as well; only a daemon that hangs is killed.
      await client.shutdown({ timeoutMs: END_TIMEOUT_MS }).catch((error: CtlError) => {
        if (error.code === 'TIMEOUT') endAtOnce(pid);
      });
      client.close();
      remove();
    };
    return { client, runDirectory, isPrivate: true, release, abandon };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Whether there is a process with this id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process is gone already.
  }
}

/** A new private directory, in the first place that exists and is not too deep for a socket's path. */
function makePrivateDirectory(context: Context): string {
  const places = [userRuntimeDirectory(context.env), tmpdir(), '/tmp'].filter((place) => place !== undefined);
  let problem = '';
  for (const place of places) {
    const prefix = join(place, 'ringtail-');
    const longest = runDirectoryAt(`${prefix}XXXXXX`).consumerSocket;
    if (Buffer.byteLength(longest) > UNIX_PATH_BYTES_MAX) {
      problem = `${place}: the path is too long for a socket`;
      continue;
    }
    try {
      return mkdtempSync(prefix);
    } catch (error) {
      problem = describeError(error);
    }
  }
  throw new CliError('NO_DAEMON', `no place for a run directory: ${problem}`, 'set TMPDIR to a writable directory');
}

async function connect(runDirectory: string, hint: string): Promise<SessionDaemonClient> {
  try {
    return await SessionDaemonClient.connect({ runDirectory });
  } catch (error) {
    if (!(error instanceof CtlError) || error.code !== 'NO_DAEMON') throw withHint(error, runDirectory);
    throw new CliError('NO_DAEMON', error.message, hint);
  }
}

/** Adds the next step to the refusal of a daemon that does not serve this user. */
function withHint(error: unknown, runDirectory: string): unknown {
  if (!(error instanceof CtlError) || error.code !== 'NOT_PERMITTED') return error;
  return new CliError(error.code, error.message, permissionHint(daemonOwner(runDirectory)));
}

/** Next step for a user whom a session daemon does not serve. */
export function permissionHint(owner: DaemonOwner | undefined): string {
  const own = 'leave out --rundir and RINGTAIL_RUNDIR for a daemon of your own';
  return owner?.group === undefined ? own : `join the group ${owner.group}, or ${own}`;
}

/** The session daemon's main module, which is installed with the command. */
function daemonMainPath(): string {
  return fileURLToPath(import.meta.resolve('ringtail/sessiond'));
}
