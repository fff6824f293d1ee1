import { assert } from '@ringtail/base';

/** A user, and the group of its files. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Acts as another user, if this process is root's. New files belong to that user, and files that the user may not touch
 * are not touched, whatever links lead to them. Checks against the effective user then check that user.
 *
 * Only for synchronous actions: the whole process acts as that user meanwhile.
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

/** A failure ends the process: it would go on as another user. */
function becomeRootAgain(gid: number, groups: number[]): void {
  let restored = false;
  try {
    process.seteuid?.(0);
    process.setegid?.(gid);
    process.setgroups?.(groups);
    restored = process.geteuid?.() === 0;
  } catch {
    // The assertion below reports it: callers would take a system error for a failure of the action.
  }
  assert(restored, 'root becomes root again');
}
