export * from './abi.ts';
export {
  type HeldSubBuf,
  RingConsumer,
  type RingCounters,
  type RingExpectation,
  type Taken,
} from './consumer/consumer.ts';
export { type PacketSpan, packetSpan } from './consumer/packet-span.ts';
export { openRingFile, type RingFile, type RingMedium, unmoved } from './consumer/ring-medium.ts';
export { RingSnapshot, type RingSnapshotOptions, type SnapshotPacket } from './consumer/ring-snapshot.ts';
export type { ConsumerPosition } from './consumer/ring-words.ts';
export type { BlockingOptions } from './producer/blocking.ts';
export { publishesWithAtomics, RingProducer, type RingProducerOptions } from './producer/producer.ts';
export { createRing, type Ring, type RingOptions } from './producer/ring-file.ts';
export { RingError, type RingErrorCode } from './ring-error.ts';
export { geometryProblem, type RingGeometry, type RingHeader } from './ring-header.ts';
