export { asUser, type UserIds } from './as-user.ts';
export { changeEntry } from './change-entry.ts';
export { Memfd, Seal } from './constants.ts';
export { pathOf } from './descriptor-path.ts';
export { descriptorCount, descriptorLimit } from './descriptors.ts';
export { DirectoryRefused } from './directory-refused.ts';
export { objectionTo, processTrust, TRUSTED_USERS } from './directory-trust.ts';
export {
  checkDirectory,
  ensureDirectory,
  makeDirectory,
  openDirectory,
  type WalkOptions,
  withDirectory,
} from './directory-walk.ts';
export { homeDirectory } from './home-directory.ts';
export { type LoadedPosix, loadPosix, type Posix } from './load.ts';
export type { Mapping } from './memory.ts';
export { nodeProgramName } from './node-command-line.ts';
export { PosixError } from './posix-error.ts';
export { requirePackage } from './require-package.ts';
export {
  applicationRunDirectories,
  DEFAULT_GROUP,
  defaultRunDirectory,
  ROOT_RUN_DIRECTORY,
  type RunDirectory,
  runDirectoryAt,
} from './run-directory.ts';
export type { PeerCredentials, ReceivedMessage } from './server-socket.ts';
export { UNIX_PATH_BYTES_MAX } from './socket-address.ts';
export type { CredentialIds } from './thread.ts';
export { monotonicOffsetNs } from './time-namespace.ts';
export type { Watch, WatchOptions } from './watch.ts';
