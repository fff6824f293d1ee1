/** Numbers of Linux. The supported architectures (x64, arm64, riscv64, loong64) all use the generic ones. */

import { constants } from 'node:os';

export const Errno = constants.errno;

export const Memfd = { CLOEXEC: 1, ALLOW_SEALING: 2, NOEXEC_SEAL: 8 } as const;
export const Seal = { SEAL: 1, SHRINK: 2, GROW: 4 } as const;
export const Fcntl = { DUPFD_CLOEXEC: 1030, ADD_SEALS: 1033, GET_SEALS: 1034 } as const;

/** `madvise`: frees the pages of a shared mapping and their memory or disk blocks. */
export const MADV_REMOVE = 9;

export const Fallocate = { KEEP_SIZE: 1, PUNCH_HOLE: 2 } as const;

/** `statx`: flags, and offsets of the file system's device in `struct statx`. */
export const Statx = {
  EMPTY_PATH: 0x1000,
  DONT_SYNC: 0x4000,
  DEVICE_MAJOR: 136,
  DEVICE_MINOR: 140,
  BYTES: 256,
} as const;

export const Flock = { SHARED: 1, EXCLUSIVE: 2, NONBLOCKING: 4 } as const;

export const Prot = { READ: 1, WRITE: 2 } as const;
export const MapFlag = { SHARED: 1, PRIVATE: 2, FIXED: 0x10, ANONYMOUS: 0x20, NORESERVE: 0x4000 } as const;

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_PEERCRED = 17;
export const SO_SNDTIMEO = 21;
export const SCM_RIGHTS = 1;

export const MsgFlag = { CTRUNC: 0x8, DONTWAIT: 0x40, NOSIGNAL: 0x4000, CMSG_CLOEXEC: 0x40000000 } as const;

export const POLLIN = 1;
export const POLLOUT = 4;

/** The supported architectures, with the number of `gettid`. */
export const GETTID_BY_ARCH: Readonly<Record<string, number>> = { x64: 186, arm64: 178, riscv64: 178, loong64: 178 };
