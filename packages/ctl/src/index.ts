export { defaultRunDirectory } from '@ringtail/posix';
export {
  type ApplicationDescription,
  type ChannelAttributes,
  type ContextDescription,
  DEFAULT_CHANNEL,
  type DestroyedSession,
  DOMAINS,
  type DomainDescription,
  type DomainName,
  type EventRule,
  isUsed,
  LogLevels,
  type MapChannelAttributes,
  type MapChannelParameters,
  type MapRow,
  type Notification,
  type RingMemory,
  type RotationSchedule,
  type SessionDescription,
  type SessionStatistics,
  type SnapshotOutput,
  type SnapshotOutputParameters,
  type SnapshotRecorded,
  type TriggerAction,
  type TriggerCondition,
  type TriggerDefinition,
  type TriggerDescription,
  type TriggerReport,
} from '@ringtail/protocol';
export { SessionFileError } from '@ringtail/session-file';
export { type ConnectionErrorCode, CtlError, type SessionFilesErrorCode } from './ctl-error.ts';
export type { ConnectOptions, RequestOptions } from './daemon-connection.ts';
export { type DaemonOwner, daemonOwner, ownerBySocket } from './daemon-owner.ts';
export {
  type InstrumentationOptions,
  type ListedInstrumentation,
  type NewSession,
  type NotWaiting,
  SessionDaemonClient,
  type SnapshotOptions,
  type Waiting,
  type WaitOptions,
} from './session-daemon-client.ts';
export {
  type LoadedSession,
  type LoadOptions,
  loadSessions,
  type SavedFile,
  type SaveOptions,
  savedSessionsDirectories,
  savedSessionsDirectory,
  saveSessions,
} from './session-files.ts';
export { ensureDaemon, type RunningDaemon, type SpawnDaemonOptions, spawnDaemon } from './spawn-daemon.ts';
