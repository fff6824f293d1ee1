export { checkAppMessage, DECLARE_EVENTS_MAX, EVENT_NAME_BYTES_MAX } from './app/app-message-check.ts';
export * from './app/app-messages.ts';
export * from './client/client-messages.ts';
export { checkClientRequest, clientRequestIdOf } from './client/client-request-check.ts';
export { FILTER_BYTES_MAX, TRACE_FORMATS } from './client/client-shape.ts';
export { checkConsumerReply, checkReply, notificationOf } from './client/reply-check.ts';
export * from './consumer/consumer-messages.ts';
export { checkConsumerRequest } from './consumer/consumer-request-check.ts';
export * from './control/control-page.ts';
export { decodePieces, encodePiece } from './control/control-pieces.ts';
export * from './control/desired-state.ts';
export * from './model/event-rule.ts';
export { expandKeyTemplate, namesEvent, strayBraceIn } from './model/key-template.ts';
export { isAboutProgramLeftOut } from './model/left-out.ts';
export { type LogLevelName, LogLevels } from './model/log-level.ts';
export * from './model/pattern.ts';
export { PERF_COUNTER_NAMES, type PerfCounter, perfCounterName, perfCounterOf } from './model/perf-counters.ts';
export { checkMap, checkTrigger, MAP_KEYS_MAX } from './model/trigger-check.ts';
export * from './model/triggers.ts';
export {
  encodeFrame,
  FRAME_LENGTH_BYTES,
  FrameDecoder,
  FrameError,
  type FrameErrorCode,
  frameOfTexts,
} from './wire/framing.ts';
export { printable, ShapeError, type ShapeErrorCode } from './wire/json-shape.ts';
