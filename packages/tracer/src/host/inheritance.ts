import { constants } from 'node:fs';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { applicationRunDirectories, O_PATH, type RunDirectory, runDirectoryAt } from '@ringtail/posix';
import { closeSync, openSync, readlinkSync, statSync } from './files.ts';

/** Flag that opens a file only for its identity; Node.js has no constant for it. */
const KEY = 'ringtail.handed-on.1';

/**
 * Data that a thread inherits from the thread that started it, also where its environment or the process's user differ
 * by then.
 */
interface Inherited {
  /** Variables whose names begin with `RINGTAIL_`. */
  readonly settings: NodeJS.ProcessEnv;
  /** Run directories, in the order of slots. */
  readonly directories: readonly string[];
  /** Descriptors of the sockets in them; null where there is none. */
  readonly sockets: readonly (number | null)[];
}

const former = getEnvironmentData(KEY) as unknown as Inherited | undefined;

/** The environment of this thread, completed by the tracer's settings in the thread that started it. */
export function settings(): NodeJS.ProcessEnv {
  return { ...former?.settings, ...process.env };
}

/**
 * Run directories where this thread registers, in the order of slots: its parent thread's unless `RINGTAIL_RUNDIR`
 * names another.
 */
export function runDirectories(uid: number): readonly RunDirectory[] {
  if (former === undefined || process.env.RINGTAIL_RUNDIR) return applicationRunDirectories(process.env, uid);
  return former.directories.map(runDirectoryAt);
}

/**
 * A path to the socket of a run directory that the user of this process may not enter any more, if one was inherited.
 */
export function inheritedSocket({ path, appSocket }: RunDirectory): string | undefined {
  const descriptor = formerSocket(path);
  if (descriptor === null || !isSocket(descriptor, appSocket)) return undefined;
  const link = linkOf(descriptor);
  return statSync(link).uid === 0 ? link : undefined;
}

/** Settings, run directories and sockets for the threads that this one starts from now on. */
export class Inheritance {
  readonly #directories: readonly RunDirectory[];
  readonly #sockets: (number | null)[];

  constructor(directories: readonly RunDirectory[]) {
    this.#directories = directories;
    this.#sockets = directories.map(({ path }) => formerSocket(path));
    this.#publish();
  }

  /**
   * Keeps the socket of a directory where this thread has registered: a process of root may go on as a user who cannot
   * reach it.
   */
  registered(slot: number): void {
    const directory = this.#directories[slot];
    if (directory === undefined || !isMainThread || process.geteuid?.() !== 0) return;
    const { appSocket } = directory;
    const before = this.#sockets[slot] ?? null;
    try {
      this.#sockets[slot] = openSync(appSocket, O_PATH | constants.O_NOFOLLOW);
      if (before !== null && isSocket(before, appSocket)) closeSync(before);
    } catch {
      // Threads of another user have only the socket's path.
    }
    this.#publish();
  }

  /** Node.js copies the data when a worker starts. Values that cannot be copied would keep the worker from starting. */
  #publish(): void {
    const ours = ([name, value]: [string, unknown]) => name.startsWith('RINGTAIL_') && typeof value === 'string';
    const inherited: Inherited = {
      settings: Object.fromEntries(Object.entries(settings()).filter(ours)),
      directories: this.#directories.map(({ path }) => path),
      sockets: this.#sockets,
    };
    setEnvironmentData(KEY, inherited as never);
  }
}

function formerSocket(path: string): number | null {
  return former?.sockets[former.directories.indexOf(path)] ?? null;
}

function linkOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/**
 * Whether a descriptor still is the socket: the application may have closed it and have its number for another file.
 */
function isSocket(descriptor: number, appSocket: string): boolean {
  try {
    const target = readlinkSync(linkOf(descriptor));
    return target === appSocket || target === `${appSocket} (deleted)`;
  } catch {
    return false;
  }
}
