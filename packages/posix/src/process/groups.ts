import type { Libc } from '../libc.ts';

export interface GroupCalls {
  /** The number of a group, from any of the system's directories of groups; undefined if there is none. */
  groupIdOf(name: string): number | undefined;
}

/** Offset of the number in `struct group`, behind two pointers, and the size up to its end. */
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
