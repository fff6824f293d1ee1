import type { RingReader } from './ring-reader.ts';
import {
  type ConsumerPosition,
  checkDescriptor,
  type DescriptorWords,
  isConsistent,
  type ProducerWords,
} from './ring-words.ts';

/** Consistent words of one sub-buffer. */
export interface SubBufWords {
  readonly words: DescriptorWords;
  /** Events discarded until then. */
  readonly discarded: number;
  /** Clock value at its end. */
  readonly endTimestamp: number;
  /** Clock value of the first record of the next sub-buffer, if there is one yet. */
  readonly nextTimestamp?: number;
}

/** A busy producer commits between any two reads, but hardly ever within this number of single reads. */
const OPEN_READ_COUNT_MAX = 32;

/**
 * Reads the words of the open sub-buffer, into which the producer writes meanwhile. The first consistent read counts.
 *
 * @param openSeqNow reads which sub-buffer is open
 * @returns `again` if another sub-buffer is open by now; null if no read was consistent
 */
export function readOpenSubBuf(
  reader: RingReader,
  line: ProducerWords,
  takenBytes: number,
  openSeqNow: () => number,
): SubBufWords | 'again' | null {
  const seq = line.openSeq;
  let words: DescriptorWords | null = null;
  for (let read = 0; read < OPEN_READ_COUNT_MAX; read++) {
    const before: DescriptorWords | null = words;
    words = reader.descriptor(seq);
    if (!isConsistent(words, before)) continue;
    // If it is still open, its slot was not being prepared, and the events that `line` counts were discarded by now.
    if (openSeqNow() !== seq) return 'again';
    checkDescriptor(words, seq, takenBytes, reader.header.subBufBytes);
    // The words of one line are read in any order: those counts may be older than its `openSeq`.
    const discarded = Math.max(line.discardedFull + line.discardedBig, words.discardedAtOpen);
    return { words, discarded, endTimestamp: words.lastTimestamp };
  }
  return null;
}

/** Reads the words of a closed sub-buffer, which are final; `torn` if the producer has overwritten it. */
export function readClosedSubBuf(reader: RingReader, { seq, bytes }: ConsumerPosition): SubBufWords | 'torn' {
  const { subBufBytes } = reader.header;
  const words = reader.descriptor(seq);
  const next = reader.descriptor(seq + 1);
  if (reader.overwrites && reader.descriptor(seq).seq !== seq) return 'torn';
  checkDescriptor(words, seq, bytes, subBufBytes);
  checkDescriptor(next, seq + 1, 0, subBufBytes);
  const discarded = next.discardedAtOpen;
  // Events that found no room were discarded until the next sub-buffer was opened. The packet that reports them ends
  // just before the first record of that sub-buffer.
  const hasGap = discarded > words.discardedAtOpen;
  const endTimestamp = hasGap ? Math.max(words.lastTimestamp, next.openTimestamp - 1) : words.lastTimestamp;
  return { words, discarded, endTimestamp, nextTimestamp: next.openTimestamp };
}

/**
 * Clock value at which a sub-buffer begins: that of the newest record before it. The first sub-buffer has no record
 * before it and begins just before its own first record; otherwise a packet with that record alone would end later than
 * it begins.
 */
export function beginOf({ seq, beginTimestamp }: DescriptorWords): number {
  return seq === 1 ? Math.max(0, beginTimestamp - 1) : beginTimestamp;
}
