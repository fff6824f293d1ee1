import { errnoOf } from '@ringtail/base';
import { changeEntry } from '@ringtail/posix';
import type { Log } from '../log/log.ts';

/** Opens a socket of a daemon of root to a group; undefined: to root alone. */
export function openToGroup(socketPath: string, group: number | undefined, log: Log): void {
  if (group === undefined) return;
  try {
    changeEntry(socketPath, { mode: 0o660, gid: group });
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    log.warn(`group ${group} does not exist in this user namespace: only root may give commands`);
  }
}
