export { ConsumerError, type ConsumerErrorCode } from './consumer-error.ts';
export { type RecoveredTrace, type RecoveryReport, recoverRings } from './crash/recover-rings.ts';
