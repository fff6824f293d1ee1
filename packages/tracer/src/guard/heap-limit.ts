import v8 from 'node:v8';
import type { Posix } from '@ringtail/posix';
import type { ControlFile } from '../control/control-file.ts';
import { debug } from '../host/debug.ts';

/** V8 calls only the newest of its callbacks: with ours, the snapshots of these options of Node.js would be missing. */
const OPTIONS_WITH_A_CALLBACK = /heapsnapshot[-_]near[-_]heap[-_]limit|config[-_]file/;

/**
 * Has V8 leave a mark in the control file when the heap of the main thread reaches its limit, which ends the process.
 * This works without JavaScript, so also in a loop that never returns to its event loop.
 *
 * V8 ends the process if it gets the same callback twice. The mark of the first is at a module that all copies of the
 * tracer in a thread share, even if they have different global objects.
 */
export function markHeapLimit(posix: Posix, { heapLimitAddress }: ControlFile): void {
  const options = [process.env.NODE_OPTIONS, ...process.execArgv].join(' ');
  if (OPTIONS_WITH_A_CALLBACK.test(options)) return;
  try {
    // A new object, since the same value could be defined again.
    Object.defineProperty(v8.getHeapStatistics, Symbol.for('ringtail.heap-limit.1'), { value: {} });
  } catch {
    return;
  }
  if (!posix.postAtHeapLimit(heapLimitAddress)) debug('V8 or the C library lacks a function: heap limits are not seen');
}
