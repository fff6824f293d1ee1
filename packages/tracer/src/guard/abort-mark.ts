import type { ControlFile } from '../control/control-file.ts';

/**
 * Has `process.abort()` leave a mark in the control file of the main thread.
 *
 * Nothing of ours is on the stack of the call, which `process.abort()` prints: the proxy asks for its handler's
 * function, and has none.
 */
export function markAborts(control: ControlFile): void {
  const handler = {
    get apply() {
      control.markAbort();
      return undefined;
    },
  };
  try {
    process.abort = new Proxy(process.abort, handler as object as ProxyHandler<typeof process.abort>);
  } catch {
    // A program may freeze or replace every part of `process`.
  }
}
