export { type ConnectionErrorCode, CtlError } from './ctl-error.ts';
export { type ConnectOptions, type RequestOptions, SessionDaemonClient } from './session-daemon-client.ts';
export { ensureDaemon, type RunningDaemon, type SpawnDaemonOptions, spawnDaemon } from './spawn-daemon.ts';
