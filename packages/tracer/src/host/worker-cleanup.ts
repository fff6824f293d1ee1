import type { Posix } from '@ringtail/posix';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, readlinkSync } from './files.ts';

/** Name of a thread's memory in `/proc/self/maps`. */
export function memoryName(kind: 'ring' | 'control', tid: number): string {
  return `ringtail-${kind}-${tid}`;
}

const NOTE_BYTES = 4096;

/**
 * Leaves a note for the next worker, which closes the descriptor once this worker has ended: a worker that is
 * terminated cannot close its perf counters and its control file. The note is a mapping, whose name has the thread and
 * the descriptor.
 */
export function noteDescriptor(posix: Posix, fd: number): void {
  const note = posix.memfdCreate(`ringtail-note-${posix.gettid()}-${fd}`, 0);
  try {
    ftruncateSync(note, NOTE_BYTES);
    posix.map(note, NOTE_BYTES);
  } finally {
    posix.closeFd(note);
  }
}

/**
 * A line of `/proc/self/maps` about a mapping of the tracer: `ringtail-ring-TID`, or `ringtail-note-TID-DESCRIPTOR`.
 */
const LINE = /^([0-9a-f]+)-([0-9a-f]+) .*\/memfd:ringtail-(?:ring|control|note)-(\d+)(?:-(\d+))?(?: \(deleted\))?$/gm;

/**
 * Unmaps the memory of worker threads that have ended, and closes the descriptors that they noted.
 *
 * A worker that is terminated runs nothing at its end, so a process that starts thousands of workers would keep all
 * their rings. Each new worker therefore cleans up, unless another worker is doing so: an address that one of them has
 * unmapped may belong to a third thread's ring before the other one unmaps it again.
 */
export function unmapLeftovers(posix: Posix): void {
  const maps = openSync('/proc/self/maps', 'r');
  try {
    if (posix.tryLock(maps)) unmapEnded(readFileSync(maps, 'latin1'), posix);
  } finally {
    closeSync(maps);
  }
}

function unmapEnded(maps: string, posix: Posix): void {
  for (const [, from, to, tid, fd] of maps.matchAll(LINE)) {
    if (existsSync(`/proc/self/task/${tid}`)) continue;
    const start = Number.parseInt(from as string, 16);
    posix.unmapLeftover(start, Number.parseInt(to as string, 16) - start);
    if (fd !== undefined && isNoted(fd, tid as string)) posix.closeFd(Number(fd));
  }
}

/** Whether the descriptor still looks like the noted file: the application may have closed it. */
function isNoted(fd: string, tid: string): boolean {
  try {
    const file = readlinkSync(`/proc/self/fd/${fd}`);
    return file === 'anon_inode:[perf_event]' || file.startsWith(`/memfd:${memoryName('control', Number(tid))} `);
  } catch {
    return false;
  }
}
