import { Errno, Fcntl, Flock, GETTID_BY_ARCH, Statx } from './constants.ts';
import { changeEntry } from './directories/change-entry.ts';
import type { Libc } from './libc.ts';
import { posixError } from './posix-error.ts';

export interface FileCalls {
  /** Makes a FIFO with exactly this mode. @throws {PosixError} `EEXIST`, … */
  mkfifo(path: string, mode: number): void;
  /**
   * Locks an open file or directory until its descriptor is closed: against every other `tryLock`, in this process too,
   * or shared, against exclusive locks only.
   *
   * @returns false if such a lock is on it
   * @throws {PosixError} `EBADF`, `EOPNOTSUPP`, … on file systems without such locks
   */
  tryLock(fd: number, kind?: 'exclusive' | 'shared'): boolean;
  /**
   * Writes to a descriptor that was opened with `O_NONBLOCK`.
   *
   * @returns the number of bytes written, 0 if nothing fits now
   */
  writeNonBlocking(fd: number, bytes: Uint8Array): number;
  /** Another descriptor of the same open file or socket, close-on-exec. @throws {PosixError} `EMFILE`, … */
  duplicate(fd: number): number;
  /**
   * Closes a descriptor that one of these calls opened. `fs.closeSync` must not: in worker threads Node.js lists the
   * descriptors that `fs` opened, and warns on the application's standard error when another one is closed.
   */
  closeFd(fd: number): void;
  /**
   * The device of an open file's file system, as `MAJOR:MINOR`. The kernel knows it without a request to a server
   * (FUSE, NFS), which might never answer.
   */
  deviceOf(fd: number): string;
  /** The kernel's identifier of the calling thread. */
  gettid(): number;
}

type StatxCall = (fd: number, path: string, flags: number, mask: number, stats: Uint8Array) => number;

export function fileCalls(libc: Libc, arch: string): FileCalls {
  let statxCall: StatxCall | undefined;
  /** Bound at the first call: older C libraries lack it, and an application never needs it. */
  function statx(): StatxCall {
    statxCall ??= libc.koffi
      .load(null)
      .func('int statx(int fd, const char *path, int flags, unsigned int mask, void *stats)') as unknown as StatxCall;
    return statxCall;
  }

  return {
    mkfifo(path, mode) {
      if (libc.mkfifo(path, mode) < 0) throw posixError('mkfifo', libc.errno(), path);
      // mkfifo subtracts the umask.
      changeEntry(path, { mode });
    },

    duplicate(fd) {
      const copy = libc.fcntl(fd, Fcntl.DUPFD_CLOEXEC, 0);
      if (copy < 0) throw posixError('fcntl(F_DUPFD_CLOEXEC)', libc.errno());
      return copy;
    },

    tryLock(fd, kind = 'exclusive') {
      const operation = kind === 'shared' ? Flock.SHARED : Flock.EXCLUSIVE;
      if (libc.flock(fd, operation | Flock.NONBLOCKING) === 0) return true;
      const errno = libc.errno();
      if (errno === Errno.EAGAIN) return false;
      throw posixError('flock', errno);
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

    closeFd(fd) {
      if (libc.close(fd) < 0) throw posixError('close', libc.errno());
    },

    deviceOf(fd) {
      const stats = Buffer.alloc(Statx.BYTES);
      if (statx()(fd, '', Statx.EMPTY_PATH | Statx.DONT_SYNC, 0, stats) < 0) throw posixError('statx', libc.errno());
      return `${stats.readUInt32LE(Statx.DEVICE_MAJOR)}:${stats.readUInt32LE(Statx.DEVICE_MINOR)}`;
    },

    gettid: () => libc.syscall(GETTID_BY_ARCH[arch]!),
  };
}
