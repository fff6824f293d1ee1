import { makeShares, type Shares } from '../shares/shares.ts';

const UID = process.geteuid?.() ?? 0;

/** Shares of a daemon of the user who runs the tests. */
export function testShares(descriptors = 1024): Shares {
  return makeShares({ daemonUid: UID, descriptors, nowMs: () => performance.now(), userBehind: (uid) => uid });
}
