import { lstatSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { asUser } from '@ringtail/posix';
import { STATE_DIRECTORY } from '@ringtail/protocol';
import type { PeerLog } from '../peer-log.ts';
import type { Session } from '../session.ts';

/** Something else is in the directory: it may be a user's own `.ringtail` as well. */
const STAYS = new Set<string | undefined>(['ENOTEMPTY', 'EEXIST']);

/** Removes what consumers noted for each other of the traces of a session that is destroyed: nobody will ask for it any more. */
export function removeCheckpoints(session: Pick<Session, 'name' | 'output' | 'owner' | 'traces'>, log: PeerLog): void {
  const { name, output, owner, traces } = session;
  if (output === null) return;
  const directory = join(output, STATE_DIRECTORY);
  try {
    asUser(owner, () => {
      if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
      for (const { uuid } of traces.values()) rmSync(join(directory, uuid), { recursive: true, force: true });
      removeIfEmpty(directory);
    });
  } catch (error) {
    log.of(owner.uid, 'checkpoints').warn(`session ${name}: checkpoints in ${directory} stay: ${describeError(error)}`);
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!STAYS.has(errnoOf(error))) throw error;
  }
}
