import { readFileSync, type Stats } from 'node:fs';
import { DirectoryRefused } from './directory-refused.ts';

/**
 * Users who may decide where a process of root writes.
 *
 * The owner of a directory, and every user who may write to it, can replace an entry by a symbolic link to any place.
 * So every directory on the path belongs to one of these users. Other users may add entries only where the sticky bit
 * keeps them from replacing the owner's. Only these users can change a path that has been checked.
 */
export interface Trust {
  /** Root and the acting user; for root also those of {@link TRUSTED_USERS}. */
  readonly uids: readonly number[];
  /** Groups with which these users may share directories. Root has none. */
  readonly gids: readonly number[];
}

/**
 * Environment variable of root's processes: further users whose directories are accepted where root acts as itself. A
 * list, separated by commas, of `UID`, or `UID:GID` for a user who shares directories with the group.
 */
export const TRUSTED_USERS = 'RINGTAIL_TRUSTED_USERS';

/** The reason why a directory on the path is refused; undefined if it is accepted. */
export function objectionTo({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>, trust: Trust): string | undefined {
  if (!trust.uids.includes(uid)) return `belongs to user ${uid}`;
  const isSticky = (mode & 0o1000) !== 0;
  const shown = (mode & 0o7777).toString(8).padStart(4, '0');
  if (isSticky) return undefined;
  if ((mode & 0o002) !== 0) return `can be written to by everybody (mode ${shown}, owner ${uid}, no sticky bit)`;
  if ((mode & 0o020) === 0 || trust.gids.includes(gid)) return undefined;
  return `can be written to by group ${gid} (mode ${shown}, owner ${uid}, no sticky bit)`;
}

/**
 * The users whom this process trusts as the user that it acts as now. Undefined if it is not root's: the system itself
 * limits the process of another user.
 *
 * @throws {DirectoryRefused} if {@link TRUSTED_USERS} is malformed
 */
export function processTrust(env: Readonly<Record<string, string | undefined>> = process.env): Trust | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const uid = process.geteuid?.() ?? 0;
  unmapped ??= unmappedUsers();
  if (uid !== 0) return { uids: [0, uid, ...unmapped], gids: [process.getegid?.() ?? uid] };
  const named = parseTrustedUsers(env[TRUSTED_USERS] ?? '');
  return { uids: [0, ...unmapped, ...named.map(({ uid }) => uid)], gids: named.flatMap(({ gid }) => gid ?? []) };
}

function parseTrustedUsers(text: string): { readonly uid: number; readonly gid: number | undefined }[] {
  if (text === '') return [];
  return text.split(',').map((user) => {
    const [, uid, gid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(user) ?? [];
    if (uid === undefined) {
      const problem = `${TRUSTED_USERS}=${JSON.stringify(text)} is no list of users`;
      throw new DirectoryRefused('DIRECTORY_REFUSED', `${problem}: give UID or UID:GID, separated by commas`);
    }
    return { uid: Number(uid), gid: gid === undefined ? undefined : Number(gid) };
  });
}

let unmapped: readonly number[] | undefined;

/**
 * In a user namespace, the files of all outside users show one user number. If no user inside has that number, its
 * directories (`/` of some containers) belong to the outside system: no process of this namespace can act as their
 * owner.
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
