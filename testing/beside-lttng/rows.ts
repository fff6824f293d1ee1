import { CHANNEL_ROWS } from './rows/channels.ts';
import { CONTEXT_AND_TRACKER_ROWS } from './rows/contexts-and-trackers.ts';
import { EVENT_ROWS } from './rows/events.ts';
import { GENERAL_ROWS } from './rows/general.ts';
import type { Row } from './rows/row.ts';
import { SAVED_SESSION_ROWS } from './rows/saved-sessions.ts';
import { SESSION_ROWS } from './rows/sessions.ts';
import { SNAPSHOT_AND_ROTATION_ROWS } from './rows/snapshots-and-rotations.ts';
import { TRIGGER_ROWS } from './rows/triggers.ts';

/** All rows, in the order of the table in docs/beside-lttng.md. */
export const ROWS: readonly Row[] = [
  ...SESSION_ROWS,
  ...CHANNEL_ROWS,
  ...EVENT_ROWS,
  ...CONTEXT_AND_TRACKER_ROWS,
  ...SNAPSHOT_AND_ROTATION_ROWS,
  ...SAVED_SESSION_ROWS,
  ...TRIGGER_ROWS,
  ...GENERAL_ROWS,
];
