import type { Brand } from './brand.ts';

/** Clock value as stored in a packet. Says nothing without its clock class. */
export type ClockCycles = Brand<bigint, 'ClockCycles'>;

/** Nanoseconds since the origin of a clock class. */
export type Nanoseconds = Brand<bigint, 'Nanoseconds'>;

/** A position counted in bits, from the start of a packet or of a metadata stream. */
export type BitOffset = Brand<number, 'BitOffset'>;
