import { integer, list, nullable, object, oneOf, type Shaped } from '../wire/shape.ts';

const TRACKED_MAX = 65_536;

/** Attributes of a process that a tracker compares, numbered as in the application's own namespaces. */
export const trackedAttribute = oneOf(['vpid', 'vuid', 'vgid']);
export type TrackedAttribute = Shaped<typeof trackedAttribute>;

export const trackedValues = list(integer(0, 2 ** 32 - 1), TRACKED_MAX);

/** Values of each attribute that a session records; null: all. */
export const trackers = object({
  vpid: nullable(trackedValues),
  vuid: nullable(trackedValues),
  vgid: nullable(trackedValues),
});
