import type { SessionDescription } from '@ringtail/protocol';

/** The part of a session that a file keeps: all that makes the session again, and nothing of its recording. */
export type SavedSession = Omit<
  SessionDescription,
  'uid' | 'createdAt' | 'rotations' | 'lastArchive' | 'archivesRemoved'
>;
