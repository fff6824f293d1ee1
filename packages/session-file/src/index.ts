export type { SavedSession } from './saved-session.ts';
