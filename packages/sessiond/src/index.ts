export { DaemonError, type DaemonErrorCode } from './daemon-error.ts';
