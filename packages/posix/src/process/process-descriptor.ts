import { SOL_SOCKET } from '../constants.ts';
import type { Libc } from '../libc.ts';

/** Descriptors of processes (pidfds), which never refer to another process, unlike process numbers. */
export interface ProcessDescriptorCalls {
  /**
   * A descriptor of the process that connected to a Unix socket, close-on-exec. It belongs to the caller.
   *
   * @returns undefined if the kernel gives none: before Linux 6.5, or with no descriptor left
   */
  openPeerProcess(socket: number): number | undefined;
  /**
   * The exit status of a process in `waitpid`'s format, once its parent has waited for it. Needs no permission.
   *
   * @returns undefined before that, and always before Linux 6.15
   */
  exitStatusOf(process: number): number | undefined;
}

const SO_PEERPIDFD = 77;
/** `_IOWR(0xFF, 11, struct pidfd_info)` of linux/pidfd.h, in the size that the structure had at first. */
const PIDFD_GET_INFO = 0xc040ff0b;
/** u64 mask, …, s32 exit_code */
const PIDFD_INFO = { MASK: 0, EXIT_CODE: 60, BYTES: 64 } as const;
const PIDFD_INFO_EXIT = 1n << 3n;

export function processDescriptorCalls(libc: Libc): ProcessDescriptorCalls {
  let ioctl: ((fd: number, request: number, argument: Uint8Array) => number) | undefined;
  return {
    openPeerProcess(socket) {
      const descriptor = Buffer.alloc(4);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(descriptor.length);
      if (libc.getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, descriptor, length) < 0) return undefined;
      return descriptor.readInt32LE(0);
    },

    exitStatusOf(process) {
      // Bound at the first call: only session daemons need it.
      ioctl ??= libc.koffi.load(null).func('int ioctl(int fd, unsigned long request, void *argument)') as unknown as (
        fd: number,
        request: number,
        argument: Uint8Array,
      ) => number;
      const info = Buffer.alloc(PIDFD_INFO.BYTES);
      info.writeBigUInt64LE(PIDFD_INFO_EXIT, PIDFD_INFO.MASK);
      if (ioctl(process, PIDFD_GET_INFO, info) < 0) return undefined;
      const known = (info.readBigUInt64LE(PIDFD_INFO.MASK) & PIDFD_INFO_EXIT) !== 0n;
      return known ? info.readInt32LE(PIDFD_INFO.EXIT_CODE) : undefined;
    },
  };
}
