export { Memfd, Seal } from './constants.ts';
export { asUser, type UserIds } from './directories/as-user.ts';
export { changeEntry } from './directories/change-entry.ts';
export { O_PATH, pathOf } from './directories/descriptor-path.ts';
export { DirectoryRefused } from './directories/directory-refused.ts';
export { objectionTo, processTrust, TRUSTED_USERS } from './directories/directory-trust.ts';
export {
  checkDirectory,
  ensureDirectory,
  makeDirectory,
  type WalkOptions,
  withDirectory,
} from './directories/directory-walk.ts';
export { homeDirectory } from './directories/home-directory.ts';
export {
  applicationRunDirectories,
  DEFAULT_GROUP,
  defaultRunDirectory,
  ROOT_RUN_DIRECTORY,
  type RunDirectory,
  runDirectoryAt,
  userRuntimeDirectory,
} from './directories/run-directory.ts';
export { type LoadedPosix, loadPosix, type Posix } from './load.ts';
export type { Mapping } from './memory.ts';
export { PosixError } from './posix-error.ts';
export { daemonEnvironment } from './process/daemon-environment.ts';
export { descriptorCount, descriptorLimit } from './process/descriptors.ts';
export { nodeProgramName, scriptOf } from './process/node-command-line.ts';
export { statFields } from './process/stat-fields.ts';
export type { CredentialIds } from './process/thread.ts';
export { monotonicOffsetNs } from './process/time-namespace.ts';
export { requirePackage } from './require-package.ts';
export type { PeerCredentials, ReceivedMessage } from './sockets/server-socket.ts';
export { UNIX_PATH_BYTES_MAX } from './sockets/socket-address.ts';
export type { Watch, WatchOptions } from './sockets/watch.ts';
export { readTokenFile, TokenFileRefused } from './token-file.ts';
export { REMOVING_PREFIX, type Removal, removeRemains, removeTraces } from './traces/remove-traces.ts';
export { isOutputOfSession, lockForReading } from './traces/trace-locks.ts';
