import { describeError } from '@ringtail/base';
import type { RunDirectory } from '@ringtail/posix';
import { debug } from '../host/debug.ts';
import { existsSync, statSync } from '../host/files.ts';

/** Whether a run directory has a socket, belongs to root or to this user, and only its owner may write to it. */
export function isTrustworthy(directory: RunDirectory): boolean {
  try {
    if (!existsSync(directory.appSocket)) return false;
    const { uid, mode } = statSync(directory.path);
    const isOurs = uid === 0 || uid === process.getuid?.();
    if (isOurs && (mode & 0o022) === 0) return true;
    debug(`${directory.path} belongs to another user, or others may write to it: not registering there`);
  } catch (error) {
    debug(`cannot check ${directory.path}: ${describeError(error)}`);
  }
  return false;
}
