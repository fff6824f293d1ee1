import type { PeerLog } from '../log/peer-log.ts';

const nothing = (): void => {};

/** A log for parts whose lines are not what a test is about. */
export const QUIET_LOG: PeerLog = { error: nothing, warn: nothing, info: nothing, debug: nothing, of: () => QUIET_LOG };
