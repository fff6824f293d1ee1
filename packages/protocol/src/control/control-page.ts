/**
 * The control file: how a session daemon tells a JavaScript thread what ought to be recorded.
 *
 * Each thread makes one (a memfd sealed against shrinking, so that mapping it is safe), maps its first page, and sends
 * the descriptor along when it registers. Up to two daemons (root's and the user's) write to it with pwrite, each in the
 * slot the thread gave it:
 *
 *   0     u32 magic, u32 ABI version, u32 GENERATION
 *   64    slot 0: u32 state generation, u32 byte length, u32 area (0 or 1), u32 number of the text
 *   128   slot 1: the same
 *   4096  slot 0 area 0, slot 0 area 1, slot 1 area 0, slot 1 area 1: AREA_BYTES each, sparse; pieces (`control-pieces.ts`)
 *
 * Behind the areas: CONTROL_COUNTER_COUNT f64 counters, sparse, which the thread adds to and daemons read. Even indexes belong to
 * the daemon of slot 0, odd ones to that of slot 1: each says in the desired state what it uses of the first half. Those of the second
 * half the thread gives to keys of maps, and announces them (`counters`); those of triggers that are gone it gives to other keys once
 * there are no more. Nobody sets a counter back: what a daemon finds in one when it begins to look, or the thread when it gives it to
 * a key, is where it begins.
 *
 * Behind the counters: for slot 0, then slot 1, how many of its tallies are in use (f64), and CONTROL_TALLY_COUNT tallies of three
 * f64, sparse: the key of a trigger (0: free), and how many events set it off, or could not be looked at, since the thread knows it.
 * A daemon reads them once the thread is gone: what it was not told before then never will be.
 *
 * To publish, a daemon writes a piece behind the text that is there, or begins a text, with another number, in the area that is not
 * current; then it writes its slot's words, then a new GENERATION: larger than the one it read, and of its slot's parity, so that two
 * daemons never write the same value. The thread's tracepoints compare GENERATION with the value they were compiled for, and the
 * thread reads on from where it was in a text. A torn piece shows by its checksum: the thread tries again at its next event.
 */
export const CONTROL_MAGIC = 0x43545452;
export const CONTROL_ABI_VERSION = 3;
export const CONTROL_PAGE_BYTES = 4096;
export const CONTROL_SLOT_COUNT = 2;
export const CONTROL_AREA_BYTES = 8 * 1024 * 1024;
export const CONTROL_COUNTER_COUNT = 16_384;
/** The first counter that threads number. */
export const CONTROL_KEY_COUNTERS_FROM = CONTROL_COUNTER_COUNT / 2;
export const CONTROL_COUNTERS_OFFSET = CONTROL_PAGE_BYTES + CONTROL_SLOT_COUNT * 2 * CONTROL_AREA_BYTES;
export const CONTROL_COUNTERS_BYTES = CONTROL_COUNTER_COUNT * 8;
/** More than a session daemon has triggers. */
export const CONTROL_TALLY_COUNT = 10_240;
/** Key, matched, missed. */
export const CONTROL_TALLY_WORDS = 3;
export const CONTROL_TALLIES_OFFSET = CONTROL_COUNTERS_OFFSET + CONTROL_COUNTERS_BYTES;
/** Of one slot. */
export const CONTROL_TALLIES_BYTES = (1 + CONTROL_TALLY_COUNT * CONTROL_TALLY_WORDS) * 8;
export const CONTROL_FILE_BYTES = CONTROL_TALLIES_OFFSET + CONTROL_SLOT_COUNT * CONTROL_TALLIES_BYTES;

/** Byte offsets in the page. */
export const ControlPage = { MAGIC: 0, ABI_VERSION: 4, GENERATION: 8, SLOTS: 64, SLOT_BYTES: 64 } as const;
/** Byte offsets in a slot; one pwrite of SLOT_WORDS_BYTES. */
export const ControlSlot = { GENERATION: 0, LENGTH: 4, AREA: 8, TEXT: 12 } as const;
export const CONTROL_SLOT_WORDS_BYTES = 16;

/** Byte offset in the control file of area `area` (0 or 1) of slot `slot` (0 or 1). */
export function controlAreaOffset(slot: number, area: number): number {
  return CONTROL_PAGE_BYTES + (slot * 2 + area) * CONTROL_AREA_BYTES;
}

/** FNV-1a, 32 bits: enough to notice a torn read; not a defence. */
export function controlChecksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  // By index: all of ten thousand triggers are a million bytes, and an iterator takes ten times as long.
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}
