export * from './abi.ts';
export type { BlockingOptions } from './blocking.ts';
export {
  type HeldSubBuf,
  RingConsumer,
  type RingCounters,
  type RingExpectation,
  type Taken,
} from './consumer.ts';
export { type PacketSpan, packetSpan } from './packet-span.ts';
export { publishesWithAtomics, RingProducer, type RingProducerOptions } from './producer.ts';
export { RingError, type RingErrorCode } from './ring-error.ts';
export { createRing, type Ring, type RingOptions } from './ring-file.ts';
export { geometryProblem, type RingGeometry, type RingHeader } from './ring-header.ts';
export { openRingFile, type RingFile, type RingMedium, unmoved } from './ring-medium.ts';
export { RingSnapshot, type RingSnapshotOptions, type SnapshotPacket } from './ring-snapshot.ts';
export type { ConsumerPosition } from './ring-words.ts';
