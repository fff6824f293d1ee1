import { readFileSync } from 'node:fs';

/** Whether the kernel may refuse a page of anonymous memory although pages are free (`vm.overcommit_memory` = 2). */
export function memoryIsCommitted(): boolean {
  try {
    return readFileSync('/proc/sys/vm/overcommit_memory', 'latin1').trim() === '2';
  } catch {
    return true;
  }
}
