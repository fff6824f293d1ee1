import type { Brand } from './brand.ts';

/** Clock value as stored in a packet. Says nothing without its clock class. */
export type ClockCycles = Brand<bigint, 'ClockCycles'>;

/** Nanoseconds since the origin of a clock class. */
export type Nanoseconds = Brand<bigint, 'Nanoseconds'>;

/** A position counted in bits, from the start of a packet or of a metadata stream. */
export type BitOffset = Brand<number, 'BitOffset'>;

export const NS_PER_S = 1_000_000_000n;

/** Size of a UUID in binary form. */
export const UUID_BYTES = 16;
