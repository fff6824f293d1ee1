/**
 * Functions of Node.js as they were when this module was loaded: programs and test frameworks replace, fake and delete
 * the global ones. They come from built-in modules, because realms made by others (jest, jsdom, vm) lack some of the
 * globals.
 */
import module from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import type { Timers } from './timers.ts';

/**
 * Functions of `node:util`. An `import` of that module opens standard error as a stream since Node.js 22: this takes a
 * descriptor, and makes a pipe non-blocking that the program may share with others. A `require` does not.
 */
export const { format, getSystemErrorMap, TextEncoder } = module.createRequire('/')(
  'node:util',
) as typeof import('node:util');

export const now = performance.now.bind(performance);
export const { setImmediate, setTimeout } = timers;
export const { queueMicrotask = process.nextTick } = globalThis;

/** Processor time of this process so far, in milliseconds. It stands still while other processes run. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The process's monotonic clock and timers. */
export const systemTimers: Timers = {
  nowMs: now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => timers.clearTimeout(timer) };
  },
};
