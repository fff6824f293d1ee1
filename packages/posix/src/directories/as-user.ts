import { assert } from '@ringtail/base';

/** A user, and the group that its files are of. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Does something as another user, if this process is root's: what is made belongs to that user, and what that user may not
 * touch is not touched, whatever links stand in the way. Checks against the effective user are then ones against that user.
 *
 * Only for what is done at once: the whole process is that user meanwhile.
 */
export function asUser<T>(user: UserIds, action: () => T): T {
  if (user.uid === 0 || process.geteuid?.() !== 0) return action();
  const groups = process.getgroups?.() ?? [];
  const gid = process.getegid?.() ?? 0;
  try {
    process.setgroups?.([user.gid]);
    process.setegid?.(user.gid);
    process.seteuid?.(user.uid);
    return action();
  } finally {
    becomeRootAgain(gid, groups);
  }
}

/** The only failure would be to go on as somebody else: that ends the process. */
function becomeRootAgain(gid: number, groups: number[]): void {
  let restored = false;
  try {
    process.seteuid?.(0);
    process.setegid?.(gid);
    process.setgroups?.(groups);
    restored = process.geteuid?.() === 0;
  } catch {
    // Told below: an error of the system would be taken for an answer.
  }
  assert(restored, 'root becomes root again');
}
