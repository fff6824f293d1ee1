import { fstatSync } from 'node:fs';
import type { Libc } from '../libc.ts';
import { refusedCall } from '../posix-error.ts';

export interface Watch {
  /** Ends the watch; the descriptor stays open. Must be called before the descriptor is closed. */
  close(): void;
}

export interface WatchOptions {
  /** Does not keep the process alive. */
  readonly unref?: boolean;
}

export interface WatchCalls {
  /**
   * Calls `callback` from the event loop whenever `fd` is readable or its peer has closed. Level-triggered: calls
   * repeat until everything has been read. The descriptor becomes non-blocking. Node.js itself must not watch it,
   * through a `net.Socket` for instance: koffi would abort the process.
   *
   * @throws {PosixError} `EBADF`; `EPERM` for files and directories; `EEXIST` while it is being watched
   */
  watch(fd: number, callback: () => void, options?: WatchOptions): Watch;
}

export function watchCalls(libc: Libc): WatchCalls {
  const watched = new Set<number>();

  /** Throws for descriptors that libuv would refuse, since koffi then aborts the process. */
  function check(fd: number): void {
    const stats = fstatSync(fd);
    if (stats.isFile() || stats.isDirectory() || stats.isBlockDevice()) {
      throw refusedCall('watch', 'EPERM', `descriptor ${fd} is a file, there is nothing to wait for`);
    }
    if (watched.has(fd)) throw refusedCall('watch', 'EEXIST', `descriptor ${fd} is already being watched`);
  }

  return {
    watch(fd, callback, options = {}) {
      check(fd);
      const handle = libc.koffi.node.poll(fd, { readable: true }, () => {
        // Node.js 26 runs promise jobs and ticks only after its own callbacks, not after koffi's.
        setImmediate(noOperation);
        callback();
      });
      watched.add(fd);
      if (options.unref) handle.unref();
      let closed = false;
      return {
        close() {
          if (closed) return;
          closed = true;
          watched.delete(fd);
          handle.close();
        },
      };
    },
  };
}

function noOperation(): void {}
