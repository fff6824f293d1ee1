export type { Instant } from '@ringtail/base';
export {
  type EventHandler,
  type EventHandlers,
  EventView,
  type HandlerChoice,
  TextView,
  type VisitedField,
} from './compile/event-view.ts';
export { visitDataStream } from './compile/event-visitor.ts';
export { TraceDecoder } from './decode/data-stream-decoder.ts';
export { DataStreamReader, type FirstPacket, readFirstPacket } from './decode/data-stream-reader.ts';
export type { PacketCounters } from './decode/losses.ts';
export { BufferMedium, type Medium, type NamedMedium, type Next } from './decode/medium.ts';
export {
  type BoundaryMessage,
  type DataStream,
  EventMessage,
  type LossMessage,
  type Message,
  type PacketFields,
  type TraceIdentity,
} from './decode/messages.ts';
export type { PacketPlace, PacketSummary } from './decode/packet-summary.ts';
export { encodeText } from './decode/text.ts';
export { type TraceFormatCode, TraceFormatError } from './decode/trace-format-error.ts';
export { type FieldValue, type StructureValue, VariantValue } from './decode/values.ts';
export { buildEventEncoder } from './encode/closure-encoder.ts';
export { type EncoderSource, emitEventEncoder } from './encode/compiled-encoder.ts';
export { Scratch } from './encode/scratch.ts';
export { ValueError, type ValueErrorCode } from './encode/values.ts';
export { describeWrongValue, fieldTypeName, type WrongValue, type WrongValues } from './encode/wrong-values.ts';
export { type ArgumentCapture, buildArgumentCapture } from './filter/argument-capture.ts';
export type { FilterContext, FilterScope } from './filter/argument-place.ts';
export { type ArgumentPredicate, buildArgumentFilter } from './filter/build-argument-filter.ts';
export { compileFilter, type EventPredicate } from './filter/compile-filter.ts';
export { emitArgumentFilter, type FilterSource } from './filter/emit-argument-filter.ts';
export { type FilterExpression, type FilterField, parsePattern } from './filter/filter-ast.ts';
export { FilterError, type FilterErrorCode } from './filter/filter-error.ts';
export { parseFilter } from './filter/parse-filter.ts';
export { unpackMetadata } from './metadata/metadata-packets.ts';
export { type MetadataCode, MetadataError } from './metadata/parse-error.ts';
export { parseMetadata } from './metadata/parse-metadata.ts';
export {
  ctf2DataStreamClass,
  ctf2EventRecordClass,
  ctf2Preamble,
  printCtf2,
} from './metadata/print-ctf2.ts';
export { MetadataPrintError } from './metadata/print-error.ts';
export {
  printTsdl,
  tsdlDataStreamClass,
  tsdlEnvironment,
  tsdlEventRecordClass,
  tsdlPreamble,
} from './metadata/print-tsdl.ts';
export type * from './model/attributes.ts';
export { enumerationLabels } from './model/enumeration.ts';
export type * from './model/field-class.ts';
export type * from './model/trace-class.ts';
export { uuidBytes, uuidText } from './model/uuid.ts';
export {
  COMPACT_EVENT_HEADER,
  compactEventHeaderClass,
  type EventHeaderLayout,
  LARGE_EVENT_HEADER,
  largeEventHeaderClass,
} from './packet/event-header.ts';
export {
  encodeIndexEntry,
  encodeIndexHeader,
  INDEX_ENTRY_BYTES,
  INDEX_HEADER_BYTES,
  type IndexEntry,
  type IndexFile,
  parseIndexFile,
} from './packet/index-file.ts';
export {
  type CpuPacketDescription,
  cpuPacketContextClass,
  encodeCpuPacketHeader,
  encodePacketHeader,
  PACKET_HEADER_BYTES_MAX,
  PACKET_MAGIC,
  PACKET_START_BYTES,
  type PacketDescription,
  type PacketHeader,
  type PacketStart,
  packetContextClass,
  packetHeaderClass,
  readPacketHeader,
  readPacketStart,
} from './packet/packet-header.ts';
export {
  CONTEXT_NAMES,
  type ContextSpec,
  contextClass,
  contextFields,
  contextSpec,
  recordedContexts,
} from './schema/context-spec.ts';
export type * from './schema/field-spec.ts';
export { lowerFields } from './schema/lower.ts';
export { SpecError, type SpecErrorCode } from './schema/spec-error.ts';
export { parseEventSpec } from './schema/validate.ts';
export { type LoweredTrace, lowerTrace } from './write/lower-trace.ts';
export { type PacketSink, PacketWriter } from './write/packet-writer.ts';
export { withTsdlNames } from './write/tsdl-names.ts';
export { WriteError, type WriteErrorCode } from './write/write-error.ts';
