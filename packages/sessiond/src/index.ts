export { DaemonError, type DaemonErrorCode } from './model/daemon-error.ts';
