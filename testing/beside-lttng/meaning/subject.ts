import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Side, succeed, until } from './side.ts';

/** The session that conditions are about, and its channel. */
export const SUBJECT = { session: 'subject', channel: 'c' } as const;
/** Less than a sub-buffer of the session that `createSubject` makes. */
export const FILLING_BYTES = 30_000;
/** More than a second: as often Ringtail writes out what an open sub-buffer holds, so that a filling may be gone before it is looked at. */
export const FILLING_MS_MAX = 1500;

const ATTEMPTS_MAX = 6;
const MONITORED = '--monitor-timer=5000';

export async function createSubject(side: Side, subBufs = '--subbuf-size=64k --num-subbuf=4'): Promise<void> {
  await succeed(
    side,
    'create subject -o OUT/subject',
    `enable-channel -s subject -u c ${subBufs} ${MONITORED}`,
    'enable-event -s subject -u -c c meaning:filling',
    'start subject',
  );
}

export async function destroySubject(side: Side): Promise<void> {
  await side.tool.run('destroy subject');
  rmSync(join(side.tool.directory, 'subject'), { recursive: true, force: true });
}

/** Does it again until it is seen to have worked. @throws if that does not happen */
export async function insist(attempt: () => Promise<void>, isSeen: () => boolean): Promise<void> {
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts++) {
    await attempt();
    if (await until(isSeen, FILLING_MS_MAX)) return;
  }
  throw new Error(`it was not seen in ${ATTEMPTS_MAX} attempts`);
}

/** Fills what is not yet a whole sub-buffer, until somebody has seen it. */
export function fillSubject(side: Side, isSeen: () => boolean): Promise<void> {
  return insist(() => side.emit('filling', FILLING_BYTES), isSeen);
}

/** Writes out everything that its rings hold. */
export async function drainSubject(side: Side): Promise<void> {
  await succeed(side, 'stop subject', 'start subject');
}
