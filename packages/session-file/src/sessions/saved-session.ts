import type { SessionDescription } from '@ringtail/protocol';

/** What is kept of a session in a file: all that it takes to make it again, and nothing of what it recorded. */
export type SavedSession = Omit<SessionDescription, 'uid' | 'createdAt' | 'rotations' | 'lastArchive'>;
