export { checkAppMessage, DECLARE_EVENTS_MAX, EVENT_NAME_BYTES_MAX } from './app-message-check.ts';
export * from './app-messages.ts';
export * from './client-messages.ts';
export { checkClientRequest, clientRequestIdOf } from './client-request-check.ts';
export { FILTER_BYTES_MAX, TRACE_FORMATS } from './client-shape.ts';
export * from './consumer-messages.ts';
export { checkConsumerRequest } from './consumer-request-check.ts';
export * from './control-page.ts';
export { decodePieces, encodePiece } from './control-pieces.ts';
export * from './desired-state.ts';
export {
  encodeFrame,
  FRAME_LENGTH_BYTES,
  FrameDecoder,
  FrameError,
  type FrameErrorCode,
  frameOfTexts,
} from './framing.ts';
export { homeDirectory } from './home-directory.ts';
export { printable, ShapeError, type ShapeErrorCode } from './json-shape.ts';
export { expandKeyTemplate, namesEvent, strayBraceIn } from './key-template.ts';
export { isAboutProgramLeftOut } from './left-out.ts';
export { type LogLevelName, LogLevels } from './log-level.ts';
export { PERF_COUNTER_NAMES, type PerfCounter, perfCounterName, perfCounterOf } from './perf-counters.ts';
export { checkConsumerReply, checkReply, notificationOf } from './reply-check.ts';
export {
  applicationRunDirectories,
  DEFAULT_GROUP,
  defaultRunDirectory,
  ROOT_RUN_DIRECTORY,
  type RunDirectory,
  runDirectoryAt,
} from './run-directory.ts';
export { checkMap, checkTrigger, MAP_KEYS_MAX } from './trigger-check.ts';
export * from './triggers.ts';
