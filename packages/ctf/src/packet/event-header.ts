import type { EnumerationFieldClass, StructureFieldClass } from '../model/field-class.ts';
import { integerClass, member, structureClass } from '../model/field-class-builders.ts';

/**
 * Event record headers as LTTng lays them out, byte-packed. Each has a short form, for small identifiers and while the
 * clock's low bits tell the time, and an extended one, marked by the largest identifier:
 *
 *   compact   short:    u32 = id (5 bits, low) | timestamp (27 bits)                      4 bytes
 *             extended: u8 = 31 (5 bits, low), u32 id, u64 timestamp                     13 bytes
 *   large     short:    u16 id, u32 timestamp                                             6 bytes
 *             extended: u16 = 65535, u32 id, u64 timestamp                               14 bytes
 *
 * The short form is right while the clock has advanced by less than 2^timestampBits since the previous record of the
 * packet, or since the packet's timestamp_begin for the first.
 */
export interface EventHeaderLayout {
  readonly idBits: number;
  readonly timestampBits: number;
  /** The identifier that marks the extended form; smaller ones can use the short form. */
  readonly extendedId: number;
  readonly shortBytes: number;
  readonly extendedBytes: number;
  /** Byte offsets within the extended form. */
  readonly extendedIdOffset: number;
  readonly extendedTimestampOffset: number;
}

export const COMPACT_EVENT_HEADER: EventHeaderLayout = {
  idBits: 5,
  timestampBits: 27,
  extendedId: 31,
  shortBytes: 4,
  extendedBytes: 13,
  extendedIdOffset: 1,
  extendedTimestampOffset: 5,
};

export const LARGE_EVENT_HEADER: EventHeaderLayout = {
  idBits: 16,
  timestampBits: 32,
  extendedId: 65_535,
  shortBytes: 6,
  extendedBytes: 14,
  extendedIdOffset: 2,
  extendedTimestampOffset: 6,
};

/** Field class of the compact header. `clock` names the clock class of its timestamps. */
export function compactEventHeaderClass(clock: string): StructureFieldClass {
  return eventHeaderClass(COMPACT_EVENT_HEADER, clock, 1);
}

/** Field class of the large header. `clock` names the clock class of its timestamps. */
export function largeEventHeaderClass(clock: string): StructureFieldClass {
  return eventHeaderClass(LARGE_EVENT_HEADER, clock, 8);
}

/** @param align alignment in bits of the short form's two fields */
function eventHeaderClass(layout: EventHeaderLayout, clock: string, align: number): StructureFieldClass {
  const extendedId = BigInt(layout.extendedId);
  const id: EnumerationFieldClass = {
    kind: 'enumeration',
    container: integerClass(layout.idBits, { align, roles: ['event-record-class-id'] }),
    mappings: [
      { label: 'compact', lower: 0n, upper: extendedId - 1n },
      { label: 'extended', lower: extendedId, upper: extendedId },
    ],
  };
  const short = structureClass([member('timestamp', timestampClass(layout.timestampBits, align, clock))]);
  const extended = structureClass([
    member('id', integerClass(32, { roles: ['event-record-class-id'] })),
    member('timestamp', timestampClass(64, 8, clock)),
  ]);
  const members = [
    member('id', id),
    member('v', {
      kind: 'variant',
      selector: { path: ['id'] },
      options: [
        { name: 'compact', fieldClass: short },
        { name: 'extended', fieldClass: extended },
      ],
    }),
  ];
  return structureClass(members, 8);
}

function timestampClass(bits: number, align: number, clock: string) {
  return integerClass(bits, { align, clock, roles: ['default-clock-timestamp'] });
}
