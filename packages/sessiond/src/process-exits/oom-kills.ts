/** Reads a small file of the kernel; undefined if it is not there. */
export type ReadText = (path: string) => string | undefined;

/** A counter of the kernel: processes that it killed because memory was short. */
export interface OomCounter {
  readonly path: string;
  readonly kills: number;
}

const CGROUPS = '/sys/fs/cgroup';

/**
 * The counter that grows if the kernel kills this process because memory is short: the counter of its memory cgroup,
 * or of the machine where its cgroup is not visible or has no counter.
 */
export function oomCounterOf(pid: number, read: ReadText): OomCounter | undefined {
  for (const path of [...cgroupCounters(read(`/proc/${pid}/cgroup`) ?? ''), '/proc/vmstat']) {
    const kills = oomKillsAt(path, read);
    if (kills !== undefined) return { path, kills };
  }
  return undefined;
}

/** Value of the counter in this file; undefined if there is none. */
function oomKillsAt(path: string, read: ReadText): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(read(path) ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Lines of `/proc/PID/cgroup` are `hierarchy:controllers:path`; version 2 has neither number nor controllers. */
function cgroupCounters(text: string): string[] {
  const paths: string[] = [];
  for (const line of text.split('\n')) {
    const [hierarchy, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    // A path that leads upwards is outside of our cgroup namespace.
    if (!path.startsWith('/') || path.includes('/..')) continue;
    if (hierarchy === '0' && controllers === '') {
      for (const root of [CGROUPS, `${CGROUPS}/unified`]) paths.push(`${root}${path}/memory.events`);
    } else if (controllers?.split(',').includes('memory')) paths.push(`${CGROUPS}/memory${path}/memory.oom_control`);
  }
  return paths;
}

/**
 * Assigns kills to the ends of processes: each kill to one process, so that a process that is killed by hand later
 * does not count as killed by the kernel.
 */
export class OomLedger {
  readonly #read: ReadText;
  /** Value up to which each counter's kills have been assigned. */
  readonly #explained = new Map<string, number>();
  /** Number of watched processes under each counter. The last one drops it. */
  readonly #users = new Map<string, number>();

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** Begins to watch a process; `release` ends it. */
  watch(pid: number): OomCounter | undefined {
    const counter = oomCounterOf(pid, this.#read);
    if (counter !== undefined) this.#users.set(counter.path, (this.#users.get(counter.path) ?? 0) + 1);
    return counter;
  }

  /** Assigns a kill to a process that SIGKILL ended. @returns whether there was one left */
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
