export { findTraceDirectories, type TraceDirectory } from './discover.ts';
export { eventJson } from './event-json.ts';
export { type OpenOptions, openTraces, TraceReader } from './open-traces.ts';
export { type PrettyOptions, printPretty } from './print-pretty.ts';
export { ReaderError, type ReaderErrorCode } from './reader-error.ts';
export { FdSink, type TextSink } from './text-sink.ts';
