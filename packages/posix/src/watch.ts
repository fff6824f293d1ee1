import type { Libc } from './libc.ts';
import { refusedCall } from './posix-error.ts';

export interface Watch {
  /** Ends the watch; the descriptor stays open. To be called before the descriptor is closed. */
  close(): void;
}

export interface WatchOptions {
  /** Does not keep the process alive. */
  readonly unref?: boolean;
}

export interface WatchCalls {
  /**
   * Calls `callback` from the event loop whenever `fd` is readable, which the peer's end counts as. Level-triggered:
   * it is called again until everything has been read. The descriptor becomes non-blocking.
   */
  watch(fd: number, callback: () => void, options?: WatchOptions): Watch;
}

export function watchCalls(libc: Libc): WatchCalls {
  return {
    watch(fd, callback, options = {}) {
      let handle: ReturnType<typeof libc.koffi.node.poll> | null;
      try {
        handle = libc.koffi.node.poll(fd, { readable: true }, callback);
      } catch (error) {
        throw refusedCall('poll', 'EINVAL', `cannot watch descriptor ${fd}: ${(error as Error).message}`);
      }
      if (options.unref) handle.unref();
      return {
        close() {
          handle?.close();
          handle = null;
        },
      };
    },
  };
}
