import { assert } from '@ringtail/base';

/** The user to whom the files of a trace belong. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Runs `run` as another user, if this process is root's: what it makes belongs to that user, and what that user may not
 * touch it cannot touch either, whatever links stand in its way. Every check against the effective user is then one
 * against the owner.
 *
 * Only for what is done at once: the whole process is that user meanwhile.
 */
export function asOwner<Result>(owner: FileOwner, run: () => Result): Result {
  if (owner.uid === 0 || process.geteuid?.() !== 0) return run();
  const gid = process.getegid?.() ?? 0;
  process.setegid?.(owner.gid);
  try {
    process.seteuid?.(owner.uid);
    return run();
  } finally {
    becomeRootAgain(gid);
  }
}

/** The only failure would be to go on as somebody else: that ends the process. */
function becomeRootAgain(gid: number): void {
  let restored = false;
  try {
    process.seteuid?.(0);
    process.setegid?.(gid);
    restored = process.geteuid?.() === 0;
  } catch {
    // Told below: an error of the system would be taken for an answer.
  }
  assert(restored, 'root becomes root again');
}
