import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { Posix } from '@ringtail/posix';

/** The name under which `/proc/self/maps` shows what a thread maps. */
export function memoryName(what: 'ring' | 'control', tid: number): string {
  return `ringtail-${what}-${tid}`;
}

const NOTE_BYTES = 4096;

/** Has the next worker close a descriptor that this worker, once terminated, cannot close itself: a perf counter, its control file. */
export function noteDescriptor(posix: Posix, fd: number): void {
  const note = posix.memfdCreate(`ringtail-note-${posix.gettid()}-${fd}`, 0);
  try {
    ftruncateSync(note, NOTE_BYTES);
    posix.map(note, NOTE_BYTES);
  } finally {
    posix.closeFd(note);
  }
}

/** A line of `/proc/self/maps` that shows a mapping of ours; 4711 is the thread, 20 a descriptor. */
const LINE = /^([0-9a-f]+)-([0-9a-f]+) .*\/memfd:ringtail-(?:ring|control|note)-(\d+)(?:-(\d+))?(?: \(deleted\))?$/gm;

/**
 * Unmaps what worker threads that have ended left mapped, and closes what they noted.
 *
 * A worker that is terminated runs nothing at its end, so a process that starts workers by the thousand would keep
 * the rings of all of them. Each new worker clears up after those before it, unless another one is doing that: addresses
 * that one thread has unmapped may be those of a third thread's ring before the second comes to unmap them.
 */
export function unmapLeftovers(posix: Posix): void {
  const maps = openSync('/proc/self/maps', 'r');
  try {
    if (posix.tryLock(maps)) unmapThoseIn(readFileSync(maps, 'latin1'), posix);
  } finally {
    closeSync(maps);
  }
}

function unmapThoseIn(maps: string, posix: Posix): void {
  for (const [, from, to, tid, fd] of maps.matchAll(LINE)) {
    if (existsSync(`/proc/self/task/${tid}`)) continue;
    const start = Number.parseInt(from as string, 16);
    posix.unmapLeftover(start, Number.parseInt(to as string, 16) - start);
    if (fd !== undefined && isNoted(fd, tid as string)) posix.closeFd(Number(fd));
  }
}

/** Whether the descriptor still is what was noted, as far as can be told: the application may have closed it. */
function isNoted(fd: string, tid: string): boolean {
  try {
    const file = readlinkSync(`/proc/self/fd/${fd}`);
    return file === 'anon_inode:[perf_event]' || file.startsWith(`/memfd:${memoryName('control', Number(tid))} `);
  } catch {
    return false;
  }
}
