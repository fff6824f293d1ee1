export { parseTimeBound, parseTimeRange, type TimeBound, type TimeRange } from './cut/time-range.ts';
export { type CtfWriteOptions, type CtfWriteReport, writeCtf } from './files/ctf-writer.ts';
export { findTraceDirectories, type TraceDirectory } from './files/discover.ts';
export { type JobOptions, printPrettyInJobs } from './files/jobs/print-in-jobs.ts';
export {
  type OpenedDirectory,
  type OpenedTrace,
  type OpenOptions,
  openTraces,
  TraceReader,
} from './files/open-traces.ts';
export { type EventChoice, eventChoice, nameChoice } from './filter/event-choice.ts';
export { countMessages, countsText, type MessageCounts } from './print/count-messages.ts';
export { eventJson } from './print/event-json.ts';
export type { PrettyOptions } from './print/pretty/pretty-printer.ts';
export { type PrettyFields, type PrettyNames, parseFields, parseNames } from './print/pretty/pretty-style.ts';
export { printCsv } from './print/print-csv.ts';
export { printDetails } from './print/print-details.ts';
export { printJson } from './print/print-json.ts';
export { printPretty } from './print/print-pretty.ts';
export { FdSink, type TextSink } from './print/text-sink.ts';
export { ReaderError, type ReaderErrorCode } from './reader-error.ts';
export type { ClockCorrection } from './trace/clock-correction.ts';
export { PacketIndex } from './trace/packet-index.ts';
export { TraceStream } from './trace/trace-stream.ts';
export { visitEvents } from './visit-events.ts';
