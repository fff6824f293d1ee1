export { asUser, type UserIds } from './as-user.ts';
export { Memfd, Seal } from './constants.ts';
export { type LoadedPosix, loadPosix, type Posix } from './load.ts';
export type { Mapping } from './memory.ts';
export { PosixError } from './posix-error.ts';
export type { PeerCredentials, ReceivedMessage } from './server-socket.ts';
export { UNIX_PATH_BYTES_MAX } from './socket-address.ts';
export type { CredentialIds } from './thread.ts';
export type { Watch, WatchOptions } from './watch.ts';
