import type { Libc } from '../libc.ts';

export interface GroupCalls {
  /** The number of a group of this name in whatever directory of groups the system has; undefined if there is none. */
  groupIdOf(name: string): number | undefined;
}

/** Where the number is in `struct group`, behind two pointers, and up to where that reads. */
const GID_OFFSET = 16;
const GROUP_BYTES = 20;

export function groupCalls(libc: Libc): GroupCalls {
  return {
    groupIdOf(name) {
      if (name.includes('\0')) return undefined;
      const address = libc.getgrnam(name);
      if (address === 0) return undefined;
      return new DataView(libc.koffi.view(BigInt(address), GROUP_BYTES)).getUint32(GID_OFFSET, true);
    },
  };
}
