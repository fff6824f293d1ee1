import { count, nullable, object, optional, type Shape, type Shaped, size, text } from '../wire/shape.ts';
import { absolutePath, snapshotName } from './names.ts';
import { retention } from './retention.ts';

/** Place for snapshots. */
export const snapshotOutputParameters = object({
  /**
   * Beginning of the name of each snapshot's directory; null: `snapshot-<id>` of an output, `snapshot` of one
   * recording.
   */
  name: nullable(snapshotName),
  /** Absolute path of the directory in which each snapshot gets a directory. */
  path: absolutePath,
  /** Size limit of one snapshot, which then holds the newest packets; null: no limit. */
  maxBytes: nullable(size),
});
export type SnapshotOutputParameters = Shaped<typeof snapshotOutputParameters>;

/** Place for snapshots that is added to a session. Absent limits: all its snapshots stay. */
export const newSnapshotOutput = object({ ...snapshotOutputParameters.members, retention: optional(retention) });
export type NewSnapshotOutput = Shaped<typeof newSnapshotOutput>;

/** Place for snapshots that a session has. */
export const snapshotOutput = object({ id: count, ...newSnapshotOutput.members, name: text });
export type SnapshotOutput = Shaped<typeof snapshotOutput>;

/** An output's number or its name. */
export const snapshotOutputKey: Shape<number | string> = (value, name, extent) =>
  typeof value === 'number' ? count(value, name, extent) : snapshotName(value, name, extent);
