/** Reads a small file of the kernel; undefined if it is not there. */
export type ReadText = (path: string) => string | undefined;

/** Where the kernel counts the processes that it killed for want of memory. */
export interface OomCounter {
  readonly path: string;
  readonly kills: number;
}

const CGROUPS = '/sys/fs/cgroup';

/**
 * The counter that would grow if this process were killed for want of memory: its memory cgroup's, or that of the machine,
 * where cgroups count nothing or are not those that we see.
 */
export function oomCounterOf(pid: number, read: ReadText): OomCounter | undefined {
  for (const path of [...cgroupCounters(read(`/proc/${pid}/cgroup`) ?? ''), '/proc/vmstat']) {
    const kills = oomKillsAt(path, read);
    if (kills !== undefined) return { path, kills };
  }
  return undefined;
}

/** What the counter in this file says; undefined if there is none. */
export function oomKillsAt(path: string, read: ReadText): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(read(path) ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Lines of `/proc/PID/cgroup` are `hierarchy:controllers:path`; version 2 has neither number nor controllers. */
function cgroupCounters(text: string): string[] {
  const paths: string[] = [];
  for (const line of text.split('\n')) {
    const [hierarchy, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    // A path that leads upwards is one outside of what we see.
    if (!path.startsWith('/') || path.includes('/..')) continue;
    if (hierarchy === '0' && controllers === '') {
      for (const root of [CGROUPS, `${CGROUPS}/unified`]) paths.push(`${root}${path}/memory.events`);
    } else if (controllers?.split(',').includes('memory')) paths.push(`${CGROUPS}/memory${path}/memory.oom_control`);
  }
  return paths;
}

/**
 * Which kills account for the end of which process: each for one, so that the next process that is killed by hand does
 * not count as killed for want of memory.
 */
export class OomLedger {
  readonly #read: ReadText;
  /** What each counter has been explained up to. */
  readonly #explained = new Map<string, number>();
  /** How many of the processes that are watched are under each counter: with the last one, it is forgotten. */
  readonly #users = new Map<string, number>();

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** A process is watched from now on; `release` is to follow. */
  watch(pid: number): OomCounter | undefined {
    const counter = oomCounterOf(pid, this.#read);
    if (counter !== undefined) this.#users.set(counter.path, (this.#users.get(counter.path) ?? 0) + 1);
    return counter;
  }

  /** Whether a kill that nobody has claimed since accounts for the end of a process by SIGKILL. */
  claim(counter: OomCounter): boolean {
    const explained = Math.max(counter.kills, this.#explained.get(counter.path) ?? 0);
    if ((oomKillsAt(counter.path, this.#read) ?? 0) <= explained) return false;
    this.#explained.set(counter.path, explained + 1);
    return true;
  }

  release({ path }: OomCounter): void {
    const users = (this.#users.get(path) ?? 0) - 1;
    if (users > 0) {
      this.#users.set(path, users);
      return;
    }
    this.#users.delete(path);
    this.#explained.delete(path);
  }
}
