import { existsSync, statSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { RunDirectory } from '@ringtail/posix';
import { debug } from '../host/debug.ts';

/** Whether a daemon may be there, and its directory belongs to root or to this user, who alone may write in it. */
export function isTrustworthy(directory: RunDirectory): boolean {
  try {
    if (!existsSync(directory.appSocket)) return false;
    const { uid, mode } = statSync(directory.path);
    const isOurs = uid === 0 || uid === process.getuid?.();
    if (isOurs && (mode & 0o022) === 0) return true;
    debug(`${directory.path} belongs to somebody else, or others may write in it: not registering there`);
  } catch (error) {
    debug(`cannot look at ${directory.path}: ${describeError(error)}`);
  }
  return false;
}
