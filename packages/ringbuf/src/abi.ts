/**
 * The shared-memory ABI of a ring buffer, version 1.
 *
 * One JavaScript thread and channel has one ring: a single producer, a single consumer. A ring is one file (a sealed
 * memfd, or a file under the session's shared-memory path), little-endian, all words aligned to their size:
 *
 *   0                header: written once by the producer before another process sees the file
 *   128              producer line: written by the producer only
 *   192              consumer line: written by the consumer only (with pwrite)
 *   1024             one 64-byte descriptor per sub-buffer
 *   headerBytes      sub-buffer 0, 1, … subBufCount-1, subBufBytes each
 *
 * A sub-buffer holds whole event records, back to back from its start, in the final bytes of the trace.
 * Sub-buffer sequence numbers start at 1 and grow by one; number n lives in slot n % subBufCount:
 *
 *   seq = 0 ----> seq = n, committed grows ----> n + 1 is opened ----> consumedSeq > n: free for n + subBufCount
 *   (being prepared)        (open)                 (closed)              discard mode: the producer waits for this;
 *                                                                        overwrite mode: it does not
 *
 * The producer prepares a slot in this order, so that a reader that saw `seq = n` before and after its reads has read
 * words and bytes of n: seq := 0, committed := 0, the other words, seq := n, openSeq := n. It commits a record in
 * this order: bytes, lastTimestamp, recordCount, commitCheck, committed. Where plain stores are not ordered by the
 * machine (anything but x86), `committed` and `seq` are stored with `Atomics.store`.
 *
 * The consumer reads a descriptor with one pread, which is no atomic copy. The words of a closed sub-buffer are final.
 * For the open sub-buffer the consumer needs a `lastTimestamp` that belongs to `committed`: no older than the newest
 * record below it, no newer than the first record above it. That holds when `commitCheck` fits both words, or when two
 * successive reads gave the same words: the producer is then between two commits, or stopped in the middle of one.
 *
 * The consumer never maps a ring: it reads through the descriptor, so a file that shrinks costs an error and no signal.
 */

/** 'RTRB' as the first four bytes. */
export const RING_MAGIC = 0x42525452;
export const RING_ABI_VERSION = 1;

export const RingMode = { DISCARD: 0, OVERWRITE: 1 } as const;
export type RingMode = (typeof RingMode)[keyof typeof RingMode];

export const RingClock = { MONOTONIC: 0, TSC: 1 } as const;
export type RingClock = (typeof RingClock)[keyof typeof RingClock];

/** Byte offsets of the header, written once. `u32` unless said otherwise. */
export const Header = {
  MAGIC: 0,
  ABI_VERSION: 4,
  HEADER_BYTES: 8,
  SUB_BUF_BYTES: 12,
  SUB_BUF_COUNT: 16,
  MODE: 20,
  STREAM_CLASS_ID: 24,
  PID: 28,
  TID: 32,
  CLOCK: 36,
  /** 16 bytes: the trace's UUID. */
  UUID: 40,
  PROCNAME_BYTES: 56,
  /** Up to 64 bytes of UTF-8. */
  PROCNAME: 60,
} as const;

/** Byte offsets of the words that the producer publishes. */
export const ProducerLine = {
  /** u32: 1 from before the clock is read until the record is committed or given up, else 0. */
  BEGUN: 128,
  /** u32: sequence number of the newest sub-buffer; 0 before the first. */
  OPEN_SEQ: 132,
  /** f64: events discarded for want of a free sub-buffer (discard mode) or of an identifier for their class. */
  DISCARDED_FULL: 136,
  /** f64: events discarded because the record exceeds a sub-buffer. */
  DISCARDED_BIG: 144,
  /** f64: events given up because a value could not be converted. */
  FAILED: 152,
  /** f64: events given up because they were hit inside a recorder. */
  NESTED: 160,
  /** f64: records committed. */
  RECORDED: 168,
} as const;

/** Byte offsets of the words that the consumer stores, with one pwrite of CONSUMER_LINE_BYTES from CONSUMED_SEQ on. */
export const ConsumerLine = {
  /** u32: every sub-buffer with a smaller sequence number is released. */
  CONSUMED_SEQ: 192,
  /** u32: bytes already taken of sub-buffer CONSUMED_SEQ. */
  CONSUMED_BYTES: 196,
  /** f64: sequence number of the next packet. */
  PACKET_SEQ: 200,
  /** f64: timestamp_end of the last packet; the timestamp_begin of the next. */
  LAST_TIMESTAMP: 208,
  /** u32: not 0 while the consumer sleeps and wants a byte in its wake FIFO when a sub-buffer is closed. */
  WAKE_REQUESTED: 216,
  /** f64: records already taken of sub-buffer CONSUMED_SEQ. */
  CONSUMED_RECORDS: 224,
} as const;
export const CONSUMER_LINE_BYTES = 40;

export const DESCRIPTORS_OFFSET = 1024;
export const DESCRIPTOR_BYTES = 64;

/** Byte offsets within a sub-buffer's descriptor. */
export const Descriptor = {
  /** u32: 0 while the slot is being prepared. */
  SEQ: 0,
  /** u32: bytes of committed records. */
  COMMITTED: 4,
  /** f64: clock value before any record of this sub-buffer: the newest record's of the sub-buffer before. */
  BEGIN_TIMESTAMP: 8,
  /** f64: clock value of the newest committed record; BEGIN_TIMESTAMP while there is none. */
  LAST_TIMESTAMP: 16,
  /** f64: DISCARDED_FULL + DISCARDED_BIG when this sub-buffer was opened. */
  DISCARDED_AT_OPEN: 24,
  /** f64: RECORDED when this sub-buffer was opened. */
  RECORDED_AT_OPEN: 32,
  /** f64: records committed in this sub-buffer. */
  RECORD_COUNT: 40,
  /** f64: LAST_TIMESTAMP + COMMITTED * COMMIT_CHECK_FACTOR. Only for a consumer in a hurry: see above. */
  COMMIT_CHECK: 48,
  /** f64: clock value of the event for which this sub-buffer was opened; 0 from older tracers. */
  OPEN_TIMESTAMP: 56,
} as const;
/** More cycles than can pass while a consumer copies a descriptor, so that different pairs have different values. */
export const COMMIT_CHECK_FACTOR = 2 ** 22;

/** After this many sub-buffers a ring discards all events: 248 days at 100 MB/s with 512 KiB each. */
export const SUB_BUF_SEQ_MAX = 0xffff_ffff;

export const SUB_BUF_BYTES_MIN = 4096;
export const SUB_BUF_BYTES_MAX = 256 * 1024 * 1024;
export const SUB_BUF_COUNT_MIN = 2;
export const SUB_BUF_COUNT_MAX = 4096;
/** A view above 4 GiB aborts the process, and word indices have to stay small integers. */
export const RING_BYTES_MAX = 2 ** 31 - 2 ** 20;
export const PROCNAME_BYTES_MAX = 64;

const PAGE_BYTES = 4096;

/** Size in bytes of header and descriptors, whole pages. */
export function headerBytesFor(subBufCount: number): number {
  return Math.ceil((DESCRIPTORS_OFFSET + subBufCount * DESCRIPTOR_BYTES) / PAGE_BYTES) * PAGE_BYTES;
}

/** Size in bytes of a whole ring file. */
export function ringBytesFor(subBufBytes: number, subBufCount: number): number {
  return headerBytesFor(subBufCount) + subBufBytes * subBufCount;
}
