/**
 * The control file: a session daemon writes into it the events that a JavaScript thread is to record.
 *
 * Each thread makes one (a memfd sealed against shrinking, so that mapping it is safe), maps its first page, and
 * sends the descriptor when it registers. Up to two daemons (root's and the user's) write to it with pwrite, each to
 * the slot that the thread gave it:
 *
 *   0     u32 magic, u32 ABI version, u32 GENERATION
 *   64    slot 0: SLOT_WORDS_BYTES of u32 (`ControlSlot`)
 *   128   slot 1: the same
 *   192   marks of how the process is about to abort (`ControlPage.HEAP_LIMIT`, `ControlPage.ABORT`)
 *   4096  slot 0: two areas; then slot 1: the same; CONTROL_AREA_BYTES each, sparse
 *
 * A text of triggers begins where an area begins, and grows. A text of channels ends where an area ends. The two
 * current texts fit into one area together, so each of them may be in either.
 *
 * Counters follow the areas: CONTROL_COUNTER_COUNT f64, sparse, which the thread adds to and daemons read. Even
 * indexes belong to the daemon of slot 0, odd ones to the daemon of slot 1. A daemon assigns the counters below
 * CONTROL_KEY_COUNTERS_FROM in the desired state. The thread assigns the others and announces them: to keys of maps
 * (`counters`), and from CONTROL_WRONG_COUNTERS_FROM on to fields with wrong values (`wrong-value`). Once all are
 * taken, it reuses the counters of triggers and channels that are gone. No counter is ever reset. A count begins at
 * the value that the daemon read when it assigned the counter, or that the thread announced.
 *
 * To publish, a daemon first writes texts: a new text into the area that does not hold the current one of its kind,
 * or further lines of the triggers' text behind the current ones. Then it writes the words of its slot, in one pwrite.
 * Then it writes a new GENERATION: larger than the one it read, and of its slot's parity, so that two daemons never
 * write the same value. The thread's tracepoints compare GENERATION with the value that they were compiled for.
 *
 * A thread reads the words, then the texts, then the words again. A daemon overwrites a text only after it has
 * changed the words. So equal words prove that the texts are whole and belong together; otherwise the thread reads
 * again.
 */
export const CONTROL_MAGIC = 0x43545452;
export const CONTROL_ABI_VERSION = 8;
/** The words before the areas, which fill one page of memory. */
export const CONTROL_PAGE_BYTES = 4096;
/** One for each daemon: root's and the user's. */
export const CONTROL_SLOT_COUNT = 2;
/** Above the session daemon's limit of desired state (6 MiB), with room for lines of triggers that no longer hold. */
export const CONTROL_AREA_BYTES = 8 * 1024 * 1024;
/**
 * 16,384 counters that daemons assign, 16,384 counters of map keys, and 512 of fields with wrong values. Each daemon
 * has half of each.
 */
export const CONTROL_COUNTER_COUNT = 33_280;
/** First counter that threads assign. The 8192 counters of each daemon below it exceed two for each trigger (2304). */
export const CONTROL_KEY_COUNTERS_FROM = 16_384;
/** First counter of fields with wrong values. */
export const CONTROL_WRONG_COUNTERS_FROM = 32_768;
export const CONTROL_COUNTERS_OFFSET = CONTROL_PAGE_BYTES + CONTROL_SLOT_COUNT * 2 * CONTROL_AREA_BYTES;
export const CONTROL_COUNTERS_BYTES = CONTROL_COUNTER_COUNT * 8;
export const CONTROL_FILE_BYTES = CONTROL_COUNTERS_OFFSET + CONTROL_COUNTERS_BYTES;

/** Byte offsets in the page. */
export const ControlPage = {
  MAGIC: 0,
  ABI_VERSION: 4,
  GENERATION: 8,
  SLOTS: 64,
  SLOT_BYTES: 64,
  /** A semaphore of the C library (`sem_t`), whose first u32 counts how often V8's heap has reached its limit. */
  HEAP_LIMIT: 192,
  /** u32: 1 once the program has called `process.abort()`. */
  ABORT: 224,
} as const;
/** Byte offsets in a slot. Each text has three words: number, length in bytes, area (0 or 1). */
export const ControlSlot = { GENERATION: 0, CHANNELS: 4, TRIGGERS: 16 } as const;
export const CONTROL_SLOT_WORDS_BYTES = 28;

export type ControlTextKind = 'channels' | 'triggers';

/** Byte offset in the control file of a text of slot `slot` (0 or 1) in area `area` (0 or 1). */
export function controlTextOffset(
  slot: number,
  kind: ControlTextKind,
  { area, length }: { readonly area: number; readonly length: number },
): number {
  const start = CONTROL_PAGE_BYTES + (slot * 2 + area) * CONTROL_AREA_BYTES;
  return kind === 'triggers' ? start : start + CONTROL_AREA_BYTES - length;
}

/** FNV-1a, 32 bits: detects a torn read, and defends against nothing. */
export function controlChecksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  // By index: an iterator takes ten times as long.
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}
