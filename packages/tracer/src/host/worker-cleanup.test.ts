import { closeSync, existsSync, ftruncateSync, openSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import { expect, it } from 'vitest';
import { memoryName, unmapLeftovers } from './worker-cleanup.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const { posix } = loaded;
const RING_BYTES = 4096;
/** Beyond the largest number that Linux gives to a thread. */
const DEAD_THREAD = 2 ** 22 + 1;

it('are unmapped by one thread at a time, since another mapping may soon have their addresses', () => {
  expect(existsSync(`/proc/self/task/${DEAD_THREAD}`)).toBe(false);
  const file = posix.memfdCreate(memoryName('ring', DEAD_THREAD), 0);
  ftruncateSync(file, RING_BYTES);
  const ring = posix.map(file, RING_BYTES);
  posix.closeFd(file);
  const unmapped: number[] = [];
  const watched: Posix = { ...posix, unmapLeftover: (address) => unmapped.push(address) };

  const lockOfAnotherThread = openSync('/proc/self/maps', 'r');
  expect(posix.tryLock(lockOfAnotherThread)).toBe(true);
  unmapLeftovers(watched);
  expect(unmapped).toEqual([]);
  closeSync(lockOfAnotherThread);
  unmapLeftovers(watched);
  expect(unmapped).toEqual([ring.address]);
  posix.unmap(ring);
});
