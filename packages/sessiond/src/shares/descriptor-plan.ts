import { APP_CONNECTIONS_MAX, CLIENT_CONNECTIONS_MAX } from './limits.ts';

/** Numbers of objects that need descriptors. */
export interface DescriptorPlan {
  readonly appConnections: number;
  readonly rings: number;
  readonly clientConnections: number;
}

/** Socket, control file, process, and a ring that has arrived and is not kept yet. */
const DESCRIPTORS_PER_APP_CONNECTION = 4;

/**
 * Ring, data, index and checkpoints. The consumer has the same limit and may have all rings, since a session of root
 * records other users as well.
 */
const CONSUMER_DESCRIPTORS_PER_RING = 4;

/**
 * Divides the descriptors of the daemon, so that no socket is ever short of one: two fifths for connections of
 * applications, as many rings as a consumer can keep, a sixteenth for clients. The daemon itself uses the rest: files,
 * consumers, metrics, and programs of triggers.
 */
export function planDescriptors(limit: number): DescriptorPlan {
  return {
    appConnections: Math.min(APP_CONNECTIONS_MAX, Math.floor((0.4 * limit) / DESCRIPTORS_PER_APP_CONNECTION)),
    rings: Math.floor((0.96 * limit) / CONSUMER_DESCRIPTORS_PER_RING),
    clientConnections: Math.min(CLIENT_CONNECTIONS_MAX, Math.max(4, Math.floor(limit / 16))),
  };
}
