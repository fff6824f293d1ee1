import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Side, succeed, until } from './side.ts';

/** The session and channel of the conditions. */
export const SUBJECT = { session: 'subject', channel: 'c' } as const;
/** Less than a sub-buffer of `createSubject`. */
export const FILLING_BYTES = 30_000;
/**
 * Limit of a wait that may be in vain: Ringtail takes open sub-buffers once a second, so a filling may be gone before
 * it is sampled.
 */
export const FILLING_MS_MAX = 4000;

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

/** Repeats it until it has worked. @throws if it never works */
export async function insist(attempt: () => Promise<void>, isSeen: () => boolean): Promise<void> {
  const hasWorked = await until(async () => {
    await attempt();
    return until(isSeen, FILLING_MS_MAX);
  });
  if (!hasWorked) throw new Error('it was not seen in any attempt');
}

/** Fills a part of a sub-buffer, repeatedly, until a notification shows it. */
export function fillSubject(side: Side, isSeen: () => boolean): Promise<void> {
  return insist(() => side.emit('filling', FILLING_BYTES), isSeen);
}

/** Empties the session's rings. */
export async function drainSubject(side: Side): Promise<void> {
  await succeed(side, 'stop subject', 'start subject');
}
