import { chmodSync, closeSync } from 'node:fs';
import { Errno, GETTID_BY_ARCH } from './constants.ts';
import type { Libc } from './libc.ts';
import { posixError } from './posix-error.ts';

export interface FileCalls {
  /** Makes a FIFO with exactly this mode. @throws {PosixError} `EEXIST`, … */
  mkfifo(path: string, mode: number): void;
  /**
   * Writes to a descriptor that was opened with `O_NONBLOCK`.
   *
   * @returns the number of bytes written, 0 if nothing fits now
   */
  writeNonBlocking(fd: number, bytes: Uint8Array): number;
  closeFd(fd: number): void;
  /** The kernel's identifier of the calling thread. */
  gettid(): number;
}

export function fileCalls(libc: Libc, arch: string): FileCalls {
  return {
    mkfifo(path, mode) {
      if (libc.mkfifo(path, mode) < 0) throw posixError('mkfifo', libc.errno(), path);
      // mkfifo takes the umask off.
      chmodSync(path, mode);
    },

    writeNonBlocking(fd, bytes) {
      for (;;) {
        const count = libc.write(fd, bytes, bytes.length);
        if (count >= 0) return count;
        const errno = libc.errno();
        if (errno === Errno.EAGAIN) return 0;
        if (errno !== Errno.EINTR) throw posixError('write', errno);
      }
    },

    closeFd: closeSync,

    gettid: () => libc.syscall(GETTID_BY_ARCH[arch]!),
  };
}
