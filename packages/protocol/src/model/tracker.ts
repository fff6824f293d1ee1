import { integer, list, nullable, object, oneOf, optional, type Shaped } from '../wire/shape.ts';

/** Values of one tracker. */
export const TRACKED_VALUES_MAX = 65_536;

/**
 * Attributes of a process that a tracker compares. `vpid`, `vuid` and `vgid` are numbers in the process's own
 * namespaces, `uid` and `gid` those of the kernel.
 */
export const TRACKED_ATTRIBUTES = ['vpid', 'vuid', 'vgid', 'uid', 'gid'] as const;
export const trackedAttribute = oneOf(TRACKED_ATTRIBUTES);
export type TrackedAttribute = Shaped<typeof trackedAttribute>;

export const trackedValues = list(integer(0, 2 ** 32 - 1), TRACKED_VALUES_MAX);

const tracked = optional(nullable(trackedValues));

/** Recorded values of each attribute that a domain has; null: all. */
export const trackers = object({ vpid: tracked, vuid: tracked, vgid: tracked, uid: tracked, gid: tracked });
export type Trackers = Shaped<typeof trackers>;
