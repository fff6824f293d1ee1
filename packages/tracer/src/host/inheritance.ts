import { closeSync, constants, openSync, readlinkSync, statSync } from 'node:fs';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { applicationRunDirectories, type RunDirectory, runDirectoryAt } from '@ringtail/posix';

/** Opens a file for nothing but its identity; Node.js has no name for it. */
const O_PATH = 0o10000000;
const KEY = 'ringtail.handed-on.1';

/** What a thread gets from the thread that started it, whatever its own environment and the user of the process by then. */
interface HandedOn {
  /** Variables whose names begin with `RINGTAIL_`. */
  readonly settings: NodeJS.ProcessEnv;
  /** Run directories, in the order of slots. */
  readonly directories: readonly string[];
  /** Descriptors of the sockets in them; null where there is none. */
  readonly sockets: readonly (number | null)[];
}

const former = getEnvironmentData(KEY) as unknown as HandedOn | undefined;

/** The environment of this thread, with the tracer's settings in the thread that started it. */
export function settings(): NodeJS.ProcessEnv {
  return { ...former?.settings, ...process.env };
}

/** Where this thread registers, in the order of slots: where the thread that started it does, unless it is told otherwise. */
export function runDirectories(uid: number): readonly RunDirectory[] {
  if (former === undefined || process.env.RINGTAIL_RUNDIR) return applicationRunDirectories(process.env, uid);
  return former.directories.map(runDirectoryAt);
}

/** A way to the socket of a run directory that the user of this process may not enter any more; undefined: there is none. */
export function handedOnSocket({ path, appSocket }: RunDirectory): string | undefined {
  const descriptor = formerSocket(path);
  if (descriptor === null || !isSocket(descriptor, appSocket)) return undefined;
  const link = linkOf(descriptor);
  return statSync(link).uid === 0 ? link : undefined;
}

/** Has the threads that this one starts from now on register where it does. */
export class HandingOn {
  readonly #directories: readonly RunDirectory[];
  readonly #sockets: (number | null)[];

  constructor(directories: readonly RunDirectory[]) {
    this.#directories = directories;
    this.#sockets = directories.map(({ path }) => formerSocket(path));
    this.#tell();
  }

  /** This thread has registered in the directory of a slot. A process of root may go on as a user who could not. */
  registered(slot: number): void {
    const directory = this.#directories[slot];
    if (directory === undefined || !isMainThread || process.geteuid?.() !== 0) return;
    const { appSocket } = directory;
    const before = this.#sockets[slot] ?? null;
    try {
      this.#sockets[slot] = openSync(appSocket, O_PATH | constants.O_NOFOLLOW);
      if (before !== null && isSocket(before, appSocket)) closeSync(before);
    } catch {
      // Threads of another user find the socket by its path, or not at all.
    }
    this.#tell();
  }

  /** What is handed on is copied when a worker is started: anything but plain values would keep it from starting. */
  #tell(): void {
    const ours = ([name, value]: [string, unknown]) => name.startsWith('RINGTAIL_') && typeof value === 'string';
    const handedOn: HandedOn = {
      settings: Object.fromEntries(Object.entries(settings()).filter(ours)),
      directories: this.#directories.map(({ path }) => path),
      sockets: this.#sockets,
    };
    setEnvironmentData(KEY, handedOn as never);
  }
}

function formerSocket(path: string): number | null {
  return former?.sockets[former.directories.indexOf(path)] ?? null;
}

function linkOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/** The application may have closed a descriptor, and have its number for something else. */
function isSocket(descriptor: number, appSocket: string): boolean {
  try {
    const target = readlinkSync(linkOf(descriptor));
    return target === appSocket || target === `${appSocket} (deleted)`;
  } catch {
    return false;
  }
}
