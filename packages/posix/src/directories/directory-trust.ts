import { readFileSync, type Stats } from 'node:fs';
import { DirectoryRefused } from './directory-refused.ts';

/**
 * Users who may decide where a process of root's writes.
 *
 * Whoever owns a directory, or may write to it, can replace an entry by a symbolic link to any place. So every directory on
 * the way belongs to one of these users, and others may add entries to it only where the sticky bit keeps them from
 * replacing the entries of its owner. A path that has been checked this way stays what it is: only these users can change it.
 */
export interface Trust {
  /** Root and the acting user; for root also those of {@link TRUSTED_USERS}. */
  readonly uids: readonly number[];
  /** Groups of these users, with which they may share directories. Root has none to share with. */
  readonly gids: readonly number[];
}

/**
 * Environment variable of root's processes: further users whose directories are accepted where root acts as itself. Each is
 * `UID`, or `UID:GID` where the user shares directories with that group; commas separate them.
 */
export const TRUSTED_USERS = 'RINGTAIL_TRUSTED_USERS';

/** Names the reason why a directory on the way is refused; undefined if it is accepted. */
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
 * Whom this process trusts as the user it acts as now; undefined if it is not root's. A process of another user can do
 * nothing that the system would refuse that user.
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
      const what = `${TRUSTED_USERS}=${JSON.stringify(text)} is no list of users`;
      throw new DirectoryRefused('DIRECTORY_REFUSED', `${what}: give UID or UID:GID, separated by commas`);
    }
    return { uid: Number(uid), gid: gid === undefined ? undefined : Number(gid) };
  });
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
