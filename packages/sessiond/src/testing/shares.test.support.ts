import { processorMs, systemTimers } from '@ringtail/base/node';
import { SharedPool } from '../shares/shared-pool.ts';
import { makeShares, type Shares } from '../shares/shares.ts';

const UID = process.geteuid?.() ?? 0;

/** Shares of a daemon of the user who runs the tests, or of another. */
export function testShares(daemonUid = UID): Shares {
  return makeShares({ daemonUid, descriptors: 1024, timers: systemTimers, processorMs, userBehind: (uid) => uid });
}

/** A pool of a daemon of root, without a reserve. */
export function testPool(total: number): SharedPool {
  return new SharedPool({ of: 'bytes', total, rootReserve: 0, remedy: 'wait', daemonUid: 0, userBehind: (uid) => uid });
}
