import { assert } from '@ringtail/base';
import type { Owner } from './session.ts';

/**
 * Does something as another user, if this process is root's: what is made belongs to that user, and where that user may
 * not write nothing is written, whatever links stand in the way.
 *
 * Only for what is done at once: the whole process is that user meanwhile.
 */
export function asUser<T>(user: Owner, action: () => T): T {
  if (process.geteuid?.() !== 0 || user.uid === 0) return action();
  const groups = process.getgroups?.() ?? [];
  const gid = process.getegid?.() ?? 0;
  try {
    process.setgroups?.([user.gid]);
    process.setegid?.(user.gid);
    process.seteuid?.(user.uid);
    return action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(gid);
    process.setgroups?.(groups);
    assert(process.geteuid?.() === 0, 'root becomes root again');
  }
}
