export { SessionFileError, type SessionFileErrorCode } from './session-file-error.ts';
export { type Accounts, parseSessionFile, type SessionFile } from './sessions/parse-session-file.ts';
export { printSessionFile } from './sessions/print-session-file.ts';
export { type Command, type RestoreOptions, restoreSession } from './sessions/restore-session.ts';
export type { SavedSession } from './sessions/saved-session.ts';
