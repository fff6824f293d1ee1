// Names, not stars: a bundle that needs few of these modules leaves the others out.
export {
  type AliveMessage,
  type AppMessage,
  type CountersMessage,
  checkAppMessage,
  type DeclareMessage,
  type GoodbyeMessage,
  type ProgramMessage,
  type RegisterMessage,
  type RingMessage,
  type TracepointsMessage,
  type TriggerMatchedMessage,
  type TroubleMessage,
  type UnableMessage,
  type WrongValueMessage,
} from './app/app-messages.ts';
export {
  type AppReply,
  checkDaemonMessage,
  type DaemonMessage,
  type LookMessage,
  type RefusedReply,
} from './app/daemon-messages.ts';
export * from './app/limits.ts';
export { describeOtherVersion } from './app/registration.ts';
export type { SnapshotRecorded } from './client/archive-commands.ts';
export type { ContextDescription, DomainOfSession } from './client/channel-commands.ts';
export { type CommandName, type Commands, checkClientRequest, checkResult, type Request } from './client/commands.ts';
export type { ConsumerStatus, DaemonStatus } from './client/daemon-commands.ts';
export type { ApplicationDescription, Instrumentation, ListedApplication } from './client/instrumentation.ts';
export { CLIENT_FRAME_BYTES_MAX, CLIENT_PROTOCOL_VERSION, CLIENT_REPLY_BYTES_MAX } from './client/limits.ts';
export { type Notification, type NotificationMessage, notificationOf } from './client/notifications.ts';
export {
  DEFAULT_SESSION,
  type DestroyedSession,
  type RingMemory,
} from './client/session-commands.ts';
export type {
  ChannelDescription,
  DomainDescription,
  RotationSchedule,
  RuleDescription,
  SessionDescription,
} from './client/session-description.ts';
export { isUsed } from './client/session-description.ts';
export type { RuleDiagnosis, SessionDiagnosis } from './client/session-diagnosis.ts';
export { type Destination, directoryAt } from './consumer/destination.ts';
export {
  type ChannelUseRequest,
  type ClearRequest,
  type CloseRingRequest,
  type CloseSessionRequest,
  type CloseTraceRequest,
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerCommand,
  type ConsumerReply,
  type ConsumerRequest,
  type ConsumerResults,
  type CountClosedTracesRequest,
  checkConsumerReply,
  checkConsumerRequest,
  type DeclareEventsRequest,
  type FlushRequest,
  type OpenChannelRequest,
  type OpenRingRequest,
  type OpenTraceRequest,
  type ReclaimRequest,
  type RegenerateMetadataRequest,
  type RemoveCheckpointsRequest,
  type RotateRequest,
  SNAPSHOT_NOTE,
  type SnapshotRequest,
  STATE_DIRECTORY,
  type StatisticsRequest,
} from './consumer/requests.ts';
export type { ChannelUse } from './consumer/ring-requests.ts';
export type { SourceDescription } from './consumer/source.ts';
export * from './control/control-page.ts';
export * from './control/control-text.ts';
export * from './control/desired-state.ts';
export { type Capture, parseCaptures } from './model/capture.ts';
export type { CapturedValue } from './model/captured-value.ts';
export {
  type ChannelAttributes,
  DEFAULT_CHANNEL,
  defaultKernelChannel,
  type EventHeaderKind,
  UNSET_SWITCH_TIMER_US,
} from './model/channel.ts';
export {
  DOMAIN_DIRECTORIES,
  DOMAINS,
  type DomainName,
  domainDirectory,
  isNodeLogger,
  type LoggerDomain,
  loggerProvider,
  NODE_LOGGERS,
  type NodeLogger,
} from './model/domain.ts';
export { type EventRule, eventRule, FILTER_BYTES_MAX, type RuleType } from './model/event-rule.ts';
export { type HttpHeader, headerRefusal, repeatedHeader } from './model/http-header.ts';
export { expandKeyTemplate, namesEvent, strayBraceIn } from './model/key-template.ts';
export { isAboutProgramLeftOut } from './model/left-out.ts';
export { type LogLevelName, LogLevels } from './model/log-level.ts';
export {
  checkMap,
  MAP_KEYS_MAX,
  MAP_VALUE_TYPES,
  type MapChannelAttributes,
  type MapChannelParameters,
  type MapRow,
  type MapRowOwner,
  type MapValueType,
  mapValueBits,
} from './model/map.ts';
export { CONTEXTS_PER_CHANNEL_MAX, contextNames } from './model/names.ts';
export * from './model/pattern.ts';
export {
  PERF_COUNTER_NAMES,
  PERF_PREFIX,
  PERF_TYPE_RAW,
  type PerfCounter,
  perfCounterName,
  perfCounterOf,
} from './model/perf-counters.ts';
export {
  type CaptureLimits,
  checkProbe,
  type FunctionProbe,
  type LineProbe,
  PROBE_PROVIDER,
  type Probe,
  placeOfProbe,
  type RecordingRule,
} from './model/probe.ts';
export { type AbortReason, EXIT_CAUSES, type ExitCause, type ProcessEnd } from './model/process-end.ts';
export { excess, KEEP_ALL, type Kept, type Retention } from './model/retention.ts';
export { ruleMatcher, ruleMatches } from './model/rule-matcher.ts';
export type { NewSnapshotOutput, SnapshotOutput, SnapshotOutputParameters } from './model/snapshot.ts';
export { addStatistics, NO_STATISTICS, type SessionStatistics } from './model/statistics.ts';
export { type ClockKind, TRACE_FORMATS, type TraceFormat } from './model/trace.ts';
export type { TracepointDescription } from './model/tracepoint.ts';
export { TRACKED_ATTRIBUTES, TRACKED_VALUES_MAX, type TrackedAttribute, type Trackers } from './model/tracker.ts';
export {
  checkTrigger,
  EVERY_TIME,
  EXECUTIONS_MAX,
  type RatePolicy,
  type TriggerAction,
  type TriggerCondition,
  type TriggerDefinition,
  type TriggerDescription,
} from './model/trigger.ts';
export type { TriggerReport } from './model/trigger-report.ts';
export { OTHER_FIELDS, type WrongValueCount } from './model/wrong-value.ts';
export {
  encodeFrame,
  FRAME_LENGTH_BYTES,
  FrameDecoder,
  FrameError,
  type FrameErrorCode,
  frameOfTexts,
} from './wire/framing.ts';
export type { JsonValue } from './wire/json-value.ts';
export { checkReply, type Refused, type Reply, requestIdOf } from './wire/reply.ts';
export { type Optional, type Shape, ShapeError, type ShapeErrorCode, type VariantOf } from './wire/shape.ts';
export { printable } from './wire/text.ts';
