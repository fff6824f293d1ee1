import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textIn } from '@ringtail/base/files';
import { CtlError, SessionDaemonClient } from '@ringtail/ctl';
import { ROOT_RUN_DIRECTORY, userRuntimeDirectory } from '@ringtail/posix';
import type { Context } from '../context/context.ts';
import { candidates } from '../daemon/daemon.ts';
import { listeningRunDirectories } from './listening-sockets.ts';
import { type NodeProgram, nodePrograms } from './node-programs.ts';

/** Time limit of a request to another daemon, which is listed without applications after it. */
const OTHER_DAEMON_TIMEOUT_MS = 1000;
/** Largest number of daemons that are requested. */
const OTHER_DAEMONS_ASKED_MAX = 16;

/** Another session daemon. */
export interface OtherDaemon {
  readonly runDirectory: string;
  /** Owner of the directory; null where it is unknown. */
  readonly uid: number | null;
  /** Processes that are registered with it; null where it does not answer. */
  readonly pids: readonly number[] | null;
}

/** Daemons and programs on this machine besides the daemon that answered. */
export interface Surroundings {
  /** Run directories that were searched, and whether each exists. */
  readonly lookedAt: readonly { readonly path: string; readonly exists: boolean }[];
  /** Value of `RINGTAIL_RUNDIR` of this process; null where it is not set. */
  readonly named: string | null;
  readonly uid: number;
  /** Daemons with the most programs first. */
  readonly otherDaemons: readonly OtherDaemon[];
  readonly programs: readonly NodeProgram[];
}

/** Searches daemons and programs. @param asked run directory of the daemon that answered; null where none did */
export async function findSurroundings(context: Context, asked: string | null): Promise<Surroundings> {
  const listening = listeningRunDirectories(textIn('/proc/net/unix') ?? '').filter((path) => path !== asked);
  const looked = [...new Set([...candidates(context), ...usualPlaces(context)])];
  return {
    lookedAt: looked.map((path) => ({ path, exists: ownerOf(path) !== null })),
    named: context.env.RINGTAIL_RUNDIR || null,
    uid: context.uid,
    otherDaemons: busiestFirst(await Promise.all(listening.slice(0, OTHER_DAEMONS_ASKED_MAX).map(askOther))),
    programs: nodePrograms(),
  };
}

/** Default run directories of all users that exist. */
function usualPlaces(context: Context): string[] {
  const below = (parent: string, pattern: RegExp): string[] =>
    namesIn(parent)
      .filter((name) => pattern.test(name))
      .map((name) => join(parent, name));
  const ofUsers = namesIn('/run/user').map((uid) => join('/run/user', uid, 'ringtail'));
  const parent = userRuntimeDirectory(context.env);
  const runtime = parent === undefined ? [] : [join(parent, 'ringtail')];
  const private_ = [...new Set(['/tmp', tmpdir()])].flatMap((parent) => below(parent, /^ringtail-\d+$/));
  return [ROOT_RUN_DIRECTORY, ...runtime, ...ofUsers, ...private_].filter((path) => ownerOf(path) !== null);
}

/** Daemons that do not answer are last. */
function busiestFirst(daemons: readonly OtherDaemon[]): OtherDaemon[] {
  const rank = ({ pids }: OtherDaemon): number => pids?.length ?? -1;
  return [...daemons].sort((a, b) => rank(b) - rank(a));
}

async function askOther(runDirectory: string): Promise<OtherDaemon> {
  const uid = ownerOf(runDirectory);
  try {
    const client = await SessionDaemonClient.connect({ runDirectory, timeoutMs: OTHER_DAEMON_TIMEOUT_MS });
    try {
      const applications = await client.listApplications({ fields: false, timeoutMs: OTHER_DAEMON_TIMEOUT_MS });
      return { runDirectory, uid, pids: [...new Set(applications.map(({ pid }) => pid))] };
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof CtlError)) throw error;
    return { runDirectory, uid, pids: null };
  }
}

/** Null: there is no such path. */
export function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
