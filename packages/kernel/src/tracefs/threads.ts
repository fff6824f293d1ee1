import { readdirSync } from 'node:fs';
import { isAbsence } from '@ringtail/base';

/** Lists of a busy process change while they are read. */
const READS_MAX = 16;

/**
 * All threads of a process: the kernel's sets of processes contain threads. The list is read until nothing new appears.
 *
 * @returns an empty list if there is no such process
 */
export function threadsOf(pid: number): number[] {
  const threads = new Set<number>();
  for (let reads = 0; reads < READS_MAX; reads++) {
    const before = threads.size;
    for (const thread of taskNames(pid)) threads.add(Number(thread));
    if (threads.size === before) break;
  }
  return [...threads];
}

function taskNames(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
