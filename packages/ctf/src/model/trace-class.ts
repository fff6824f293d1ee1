import type { Attributed } from './attributes.ts';
import type { ByteOrder, StructureFieldClass } from './field-class.ts';

/**
 * The trace model: the content of a trace's metadata.
 *
 * @see CTF 1.8.3 §3 and §6, CTF2-SPEC-2.0 §5
 */

/** An identity within all namespaces (CTF 2). */
export interface Identity {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}

export interface ClockClass extends Attributed {
  /** Its name in fields: in CTF 2 its identifier within the metadata. */
  readonly name: string;
  /** CTF 2, where it differs from `name` and `uuid`. */
  readonly identity?: Identity;
  readonly description?: string;
  /** Hertz. */
  readonly frequency: bigint;
  /** Offset of the clock's zero from its origin, whole seconds. */
  readonly offsetSeconds: bigint;
  /** Offset of the clock's zero from its origin, further cycles (may exceed a second). */
  readonly offsetCycles: bigint;
  /** Precision in cycles. */
  readonly precision?: bigint;
  /** Accuracy in cycles (CTF 2). */
  readonly accuracy?: bigint;
  /** For LTTng the boot ID: two traces with one UUID share the clock. */
  readonly uuid?: string;
  /** True where the origin is the Unix epoch. */
  readonly originIsUnixEpoch: boolean;
  /** The origin where it is another, known one (CTF 2). */
  readonly origin?: Identity;
}

export interface EventRecordClass extends Attributed {
  readonly id: bigint;
  readonly namespace?: string;
  readonly uid?: string;
  readonly name: string;
  /** LTTng log level, 0 (emergency) to 14 (debug). */
  readonly logLevel?: number;
  readonly emfUri?: string;
  readonly specificContext?: StructureFieldClass;
  readonly payload?: StructureFieldClass;
}

export interface DataStreamClass extends Attributed {
  readonly id: bigint;
  readonly namespace?: string;
  readonly uid?: string;
  readonly name?: string;
  /** Name of its clock class where no field refers to it (CTF 2). */
  readonly defaultClock?: string;
  readonly packetContext?: StructureFieldClass;
  readonly eventRecordHeader?: StructureFieldClass;
  readonly eventRecordCommonContext?: StructureFieldClass;
  readonly eventRecordClasses: readonly EventRecordClass[];
}

export type EnvironmentValue = string | bigint;

export interface TraceClass extends Attributed {
  readonly version: { readonly major: 1 | 2; readonly minor: number };
  /** Native byte order of CTF 1.8; CTF 2 carries one per field class. */
  readonly byteOrder: ByteOrder;
  /** 8-4-4-4-12 hexadecimal text. In CTF 2 the UUID of the metadata stream, which is no identity of the trace. */
  readonly uuid?: string;
  /** CTF 2: traces of one identity are parts of one. */
  readonly identity?: Identity;
  readonly environment: ReadonlyMap<string, EnvironmentValue>;
  readonly clockClasses: readonly ClockClass[];
  readonly packetHeader?: StructureFieldClass;
  readonly dataStreamClasses: readonly DataStreamClass[];
}
