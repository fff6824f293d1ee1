import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Consumers } from '../../../consumer/consumers.ts';
import { Troubles } from '../../../model/troubles.ts';
import { QUIET_LOG } from '../../../testing/quiet-log.test.support.ts';
import { testPool } from '../../../testing/shares.test.support.ts';
import type { TraceChannel } from '../part/user-part.ts';
import { RingKeeper } from './ring-keeper.ts';

const OWNER = { pid: 1, tid: 1, procname: 'p', process: { program: 'p.js' } };

/** Takes every ring on, and closes it when it is asked to. */
const link = {
  setUp: () => Promise.resolve(),
  performPatiently: () => Promise.resolve({ id: 0, ok: true, result: null }),
};
const CONSUMERS = { of: () => link } as unknown as Consumers;

function channelOf(uid: number, troubles: Troubles): TraceChannel {
  const session = { name: 's', snapshot: false, owner: { uid: 0, gid: 0 }, troubles };
  return { key: 1, trace: { uid, session, nextStreamInstanceId: 0 } } as unknown as TraceChannel;
}

it('each user has a share of the rings; what has no room is closed, and a trouble of the session', async () => {
  const pool = testPool(16);
  const rings = new RingKeeper(CONSUMERS, pool, QUIET_LOG);
  const troubles = new Troubles();
  const open = (uid: number) => {
    const descriptor = openSync('/dev/null', 'r');
    return { descriptor, ring: rings.open(channelOf(uid, troubles), descriptor, 4096, OWNER) };
  };
  const all = Array.from({ length: 9 }, () => open(1001));
  expect(all.filter(({ ring }) => ring !== undefined)).toHaveLength(8);
  expect(() => closeSync(all[8]?.descriptor as number)).toThrow('EBADF');
  expect(troubles.list()).toEqual([
    'rings of user 1001 are lost: the share of user 1001 in bytes is used up (SHARE_USED_UP)',
  ]);
  const other = open(1002);
  expect(other.ring).toBeDefined();
  await Promise.resolve();
  for (const { ring } of [...all, other]) if (ring !== undefined) rings.close(ring);
  await expect.poll(() => pool.used).toBe(0);
});

it('a ring that is released with its session is told, so that its thread forgets the session', async () => {
  const rings = new RingKeeper(CONSUMERS, testPool(16), QUIET_LOG);
  const channel = channelOf(1001, new Troubles());
  const released: unknown[] = [];
  const ring = rings.open(channel, openSync('/dev/null', 'r'), 4096, OWNER, (gone) => released.push(gone));
  expect(released).toEqual([]);
  rings.releaseAllOf(channel.trace.session);
  rings.releaseAllOf(channel.trace.session);
  expect(released).toEqual([ring]);
});
