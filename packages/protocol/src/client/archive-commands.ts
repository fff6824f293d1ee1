/** Commands about snapshots, rotations and the content of traces. */
import { sessionName, snapshotName } from '../model/names.ts';
import { retention } from '../model/retention.ts';
import { newSnapshotOutput, snapshotOutput, snapshotOutputKey, snapshotOutputParameters } from '../model/snapshot.ts';
import { sessionStatistics } from '../model/statistics.ts';
import { nothing, nullable, object, optional, type Shaped, size, text } from '../wire/shape.ts';
import { command } from './command.ts';
import { rotationSchedule } from './session-description.ts';

const snapshotRecorded = object({
  /** Directory of the snapshot. */
  path: text,
  /** Statistics of the snapshot alone. */
  statistics: sessionStatistics,
});
export type SnapshotRecorded = Shaped<typeof snapshotRecorded>;

const onSession = { session: sessionName };

export const archiveCommands = {
  /** Writes the content of the rings to the given output, or to the session's own. */
  'record-snapshot': command(
    {
      ...onSession,
      output: nullable(snapshotOutputParameters),
      name: nullable(snapshotName),
      maxBytes: nullable(size),
    },
    snapshotRecorded,
  ),
  'add-snapshot-output': command({ ...onSession, output: newSnapshotOutput }, snapshotOutput),
  'delete-snapshot-output': command({ ...onSession, output: snapshotOutputKey }, nothing),
  /** Archives the current trace chunk; answers once the archive is complete. */
  'rotate-session': command(onSession, object({ archive: text, statistics: sessionStatistics })),
  /** The same, answered once the rotation has begun, with the directory of the future archive. */
  'begin-rotation': command(onSession, object({ archive: text })),
  /** An absent member keeps its value. */
  'set-rotation-schedule': command(
    { ...onSession, timerUs: optional(nullable(size)), sizeBytes: optional(nullable(size)) },
    rotationSchedule,
  ),
  /** Limits of the archives of rotations that are kept. An absent member keeps its value. */
  'set-retention': command(
    {
      ...onSession,
      ageSeconds: optional(nullable(size)),
      count: optional(nullable(size)),
      bytes: optional(nullable(size)),
    },
    retention,
  ),
  /** Drops all recorded events, but no archived chunk and no snapshot. */
  'clear-session': command(onSession, nothing),
  /** Samples the clock's offset again and rewrites the metadata. */
  'regenerate-metadata': command(onSession, nothing),
  /** Makes each application record its state again. */
  'regenerate-statedump': command(onSession, nothing),
};
