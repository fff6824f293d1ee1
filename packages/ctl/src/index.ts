export { type ConnectionErrorCode, CtlError } from './ctl-error.ts';
export type { ConnectOptions, RequestOptions } from './daemon-connection.ts';
export { type NewSession, SessionDaemonClient, type SnapshotOptions } from './session-daemon-client.ts';
export { ensureDaemon, type RunningDaemon, type SpawnDaemonOptions, spawnDaemon } from './spawn-daemon.ts';
