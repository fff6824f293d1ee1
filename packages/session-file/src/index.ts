export { type Accounts, parseSessionFile, type SessionFile } from './parse-session-file.ts';
export { printSessionFile } from './print-session-file.ts';
export { type Command, type RestoreOptions, restoreRequests } from './restore-requests.ts';
export type { SavedSession } from './saved-session.ts';
export { SessionFileError, type SessionFileErrorCode } from './session-file-error.ts';
