export { SessionFileError, type SessionFileErrorCode } from './session-file-error.ts';
export { type Accounts, parseSessionFile, type SessionFile } from './sessions/parse-session-file.ts';
export { printSessionFile } from './sessions/print-session-file.ts';
export { type Command, type RestoreOptions, restoreRequests } from './sessions/restore-requests.ts';
export type { SavedSession } from './sessions/saved-session.ts';
