export { type CodeWriter, NotCompilable } from './compile/code-writer.ts';
export {
  compileEventLoop,
  type EventLoop,
  type EventLoopSink,
  type EventLoops,
} from './compile/event-loop.ts';
export { EventVisitor } from './compile/event-visitor.ts';
export {
  containerOf,
  firstZeroByte,
  type IntegerCode,
  RecordCode,
  type RecordCodeContext,
  ZERO_BYTES,
} from './compile/record-code.ts';
export { ClockValue } from './decode/clock-value.ts';
export { type DataStreamDecoder, TraceDecoder } from './decode/data-stream-decoder.ts';
export { DataStreamReader } from './decode/data-stream-reader.ts';
export { AGAIN, END } from './decode/medium.ts';
export { characterBytesAt, codePoint, decodeText, encodeText } from './decode/text.ts';
export { type Lane, Turn, TurnHeap } from './decode/turn-heap.ts';
export { METADATA_BYTES_MAX } from './metadata/parse-metadata.ts';
export { integerOf, isTextElement } from './model/class-facts.ts';
export { enumerationLabels, rangesByLabel } from './model/enumeration.ts';
export {
  contentPlace,
  type DataStreamLinks,
  elementPlace,
  type Links,
  memberPlace,
  optionPlace,
  targetOf,
} from './model/link.ts';
