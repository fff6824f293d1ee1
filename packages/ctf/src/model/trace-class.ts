import type { ByteOrder, StructureFieldClass } from './field-class.ts';

/**
 * The trace model: what the metadata of a trace describes.
 *
 * @see CTF 1.8.3 §3 and §6, CTF2-SPEC-2.0 §5
 */

export interface ClockClass {
  readonly name: string;
  readonly description?: string;
  /** Hertz. */
  readonly frequency: bigint;
  /** Offset of the clock's zero from its origin, whole seconds. */
  readonly offsetSeconds: bigint;
  /** Offset of the clock's zero from its origin, further cycles (may exceed a second). */
  readonly offsetCycles: bigint;
  /** Precision in cycles. */
  readonly precision?: bigint;
  /** For LTTng the boot ID: two traces with one UUID share the clock. */
  readonly uuid?: string;
  /** True where the origin is the Unix epoch. */
  readonly originIsUnixEpoch: boolean;
}

export interface EventRecordClass {
  readonly id: bigint;
  readonly name: string;
  /** LTTng log level, 0 (emergency) to 14 (debug). */
  readonly logLevel?: number;
  readonly emfUri?: string;
  readonly specificContext?: StructureFieldClass;
  readonly payload?: StructureFieldClass;
}

export interface DataStreamClass {
  readonly id: bigint;
  readonly name?: string;
  readonly packetContext?: StructureFieldClass;
  readonly eventRecordHeader?: StructureFieldClass;
  readonly eventRecordCommonContext?: StructureFieldClass;
  readonly eventRecordClasses: readonly EventRecordClass[];
}

export type EnvironmentValue = string | bigint;

export interface TraceClass {
  readonly version: { readonly major: 1 | 2; readonly minor: number };
  /** Native byte order of CTF 1.8; CTF 2 carries one per field class. */
  readonly byteOrder: ByteOrder;
  /** 8-4-4-4-12 hexadecimal text. */
  readonly uuid?: string;
  readonly environment: ReadonlyMap<string, EnvironmentValue>;
  readonly clockClasses: readonly ClockClass[];
  readonly packetHeader?: StructureFieldClass;
  readonly dataStreamClasses: readonly DataStreamClass[];
}
