import { readFileSync, type Stats } from 'node:fs';

/**
 * Users who may decide where a process of root's writes.
 *
 * Whoever owns a directory, or may write to it, can replace an entry by a symbolic link to any place. So every directory on
 * the way belongs to one of these users, and others may add entries to it only where the sticky bit keeps them from
 * replacing the entries of its owner. A path that has been checked this way stays what it is: only these users can change it.
 */
export interface Trust {
  /** Root and the acting user. */
  readonly uids: readonly number[];
  /** Group of the acting user, with which that user may share directories; undefined for root, who has none to share with. */
  readonly gid: number | undefined;
}

/** Names the reason why a directory on the way is refused; undefined if it is accepted. */
export function objectionTo({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>, trust: Trust): string | undefined {
  if (!trust.uids.includes(uid)) return `belongs to user ${uid}`;
  const isSticky = (mode & 0o1000) !== 0;
  const shown = (mode & 0o7777).toString(8).padStart(4, '0');
  if (isSticky) return undefined;
  if ((mode & 0o002) !== 0) return `can be written to by everybody (mode ${shown}, owner ${uid}, no sticky bit)`;
  if ((mode & 0o020) === 0 || gid === trust.gid) return undefined;
  return `can be written to by group ${gid} (mode ${shown}, owner ${uid}, no sticky bit)`;
}

/**
 * Whom this process trusts as the user it acts as now; undefined if it is not root's. A process of another user can do
 * nothing that the system would refuse that user.
 */
export function processTrust(): Trust | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const uid = process.geteuid?.() ?? 0;
  unmapped ??= unmappedUsers();
  return { uids: [0, uid, ...unmapped], gid: uid === 0 ? undefined : process.getegid?.() };
}

let unmapped: readonly number[] | undefined;

/**
 * In a user namespace, files of users outside of it seem to belong to one number. Where no user inside has that number, its
 * directories (`/` of some containers) are the work of the system outside: no process of this namespace acts as their owner.
 */
function unmappedUsers(): readonly number[] {
  try {
    const overflow = Number(readFileSync('/proc/sys/kernel/overflowuid', 'latin1'));
    return isMapped(overflow, readFileSync('/proc/self/uid_map', 'latin1')) ? [] : [overflow];
  } catch {
    return [];
  }
}

/** Whether a user of the namespace has this number. @param uidMap as in `/proc/PID/uid_map` */
export function isMapped(uid: number, uidMap: string): boolean {
  return uidMap.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
}
