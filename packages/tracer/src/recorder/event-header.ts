import type { EventHeaderKind } from '@ringtail/protocol';

/**
 * Event record headers in LTTng's layout, byte-packed.
 *
 * Each has a short form, with the low bits of the clock, for records that closely follow the previous one of the ring.
 * The long form begins with a reserved identifier.
 *
 * @see `packet/event-header.ts` of `@ringtail/ctf` for the same as field classes
 */
export interface HeaderLayout {
  readonly shortBytes: number;
  readonly longBytes: number;
  /** A clock value that differs from the previous record's by at least this needs the long form. */
  readonly shortSpan: number;
  /** Identifiers from this one upwards need the long form. */
  readonly shortIds: number;
  /** Source text that writes the short form at `p`; uses `dv` and `t`. */
  emitShort(id: number): string;
  /** Source text that writes the long form at `p`. */
  emitLong(id: number): string;
  putShort(dv: DataView, p: number, id: number, t: number): void;
  putLong(dv: DataView, p: number, id: number, t: number): void;
}

const U32 = 4294967296;

/** u16 identifier and u32 clock; 65535 before u32 identifier and u64 clock. */
const large: HeaderLayout = {
  shortBytes: 6,
  longBytes: 14,
  shortSpan: U32,
  shortIds: 65535,
  emitShort: (id) => `dv.setUint16(p, ${id}, true); dv.setUint32(p + 2, t, true);`,
  emitLong: (id) =>
    `dv.setUint16(p, 65535, true); dv.setUint32(p + 2, ${id}, true); dv.setUint32(p + 6, t, true); dv.setUint32(p + 10, t / ${U32}, true);`,
  putShort(dv, p, id, t) {
    dv.setUint16(p, id, true);
    dv.setUint32(p + 2, t, true);
  },
  putLong(dv, p, id, t) {
    dv.setUint16(p, 65535, true);
    putIdAndClock(dv, p + 2, id, t);
  },
};

/** 5-bit identifier and 27-bit clock in one word; 31 in a byte before u32 identifier and u64 clock. */
const compact: HeaderLayout = {
  shortBytes: 4,
  longBytes: 13,
  shortSpan: 2 ** 27,
  shortIds: 31,
  emitShort: (id) => `dv.setUint32(p, (t << 5) | ${id}, true);`,
  emitLong: (id) =>
    `dv.setUint8(p, 31); dv.setUint32(p + 1, ${id}, true); dv.setUint32(p + 5, t, true); dv.setUint32(p + 9, t / ${U32}, true);`,
  putShort(dv, p, id, t) {
    dv.setUint32(p, (t << 5) | id, true);
  },
  putLong(dv, p, id, t) {
    dv.setUint8(p, 31);
    putIdAndClock(dv, p + 1, id, t);
  },
};

function putIdAndClock(dv: DataView, p: number, id: number, t: number): void {
  dv.setUint32(p, id, true);
  dv.setUint32(p + 4, t, true);
  dv.setUint32(p + 8, t / U32, true);
}

export const HEADER_LAYOUTS: Readonly<Record<EventHeaderKind, HeaderLayout>> = { compact, large };
