import { existsSync, readFileSync } from 'node:fs';
import type { Posix } from '@ringtail/posix';

/** The name under which `/proc/self/maps` shows what a thread maps. */
export function memoryName(what: 'ring' | 'control', tid: number): string {
  return `ringtail-${what}-${tid}`;
}

/** A line of `/proc/self/maps` that shows a mapping of ours; 4711 is the thread. */
const LINE = /^([0-9a-f]+)-([0-9a-f]+) .*\/memfd:ringtail-(?:ring|control)-(\d+)(?: \(deleted\))?$/gm;

/**
 * Unmaps what worker threads that have ended left mapped.
 *
 * A worker that is terminated runs nothing at its end, so a process that starts workers by the thousand would keep
 * the rings of all of them. Each new worker clears up after those before it.
 */
export function unmapLeftovers(posix: Posix): void {
  for (const [, from, to, tid] of readFileSync('/proc/self/maps', 'latin1').matchAll(LINE)) {
    if (existsSync(`/proc/self/task/${tid}`)) continue;
    const start = Number.parseInt(from as string, 16);
    posix.unmapLeftover(start, Number.parseInt(to as string, 16) - start);
  }
}
