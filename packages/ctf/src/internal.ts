export { type CodeWriter, NotCompilable } from './compile/code-writer.ts';
export {
  compileEventLoop,
  type EventLoop,
  type EventLoopSink,
  type EventLoops,
  LoopTurn,
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
export { integerOf, isTextElement } from './decode/class-facts.ts';
export { ClockValue } from './decode/clock-value.ts';
export type { DataStreamDecoder } from './decode/data-stream-decoder.ts';
export {
  contentPlace,
  type DataStreamLinks,
  elementPlace,
  type Links,
  memberPlace,
  optionPlace,
} from './decode/link.ts';
export { AGAIN, END } from './decode/medium.ts';
export { decodeText } from './decode/text.ts';
