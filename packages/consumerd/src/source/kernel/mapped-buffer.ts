import { loadPosix, PosixError } from '@ringtail/posix';
import { SourceError } from '../source-error.ts';

/**
 * Memory of a CPU's buffer, as the kernel maps it: a page that describes it, then its sub-buffers.
 *
 *   0   u32 bytes of this page
 *   4   u32 bytes of the description
 *   8   u32 bytes of a sub-buffer
 *   12  u32 number of sub-buffers
 *
 * A sub-buffer begins with `u64 time stamp, u64 commit word` (`PageWalker`).
 */
const DESCRIPTION_BYTES = 16;
const PAGE_BYTES = 4096;
/** Largest sub-buffer that the kernel has. */
const SUB_BUF_BYTES_MAX = 2 ** 27;

/** A sub-buffer with events. It holds other events once its time stamp differs. */
export interface MappedSubBuffer {
  readonly idx: number;
  readonly timeLow: number;
  readonly timeHigh: number;
}

/** The sub-buffers of a CPU, which the kernel goes on writing. */
export interface MappedBuffer {
  readonly subBufBytes: number;
  /** Sub-buffers that hold events now, oldest first. */
  subBuffers(): MappedSubBuffer[];
  /** Copies a sub-buffer. @returns false if it holds other events by now */
  copy(subBuffer: MappedSubBuffer, to: Uint32Array): boolean;
  close(): void;
}

/**
 * Maps the buffer of a CPU: an open `trace_pipe_raw`. Nothing is taken out of it.
 *
 * @throws {SourceError} `IO` where the kernel does not map buffers, `CORRUPT` for an impossible description
 */
export function mapBuffer(raw: number): MappedBuffer {
  const loaded = loadPosix();
  if (!loaded.ok) throw new SourceError('IO', `the kernel's buffer cannot be mapped: ${loaded.reason}`);
  const { posix } = loaded;
  const map = (bytes: number) => {
    try {
      return posix.mapForReading(raw, bytes);
    } catch (cause) {
      if (!(cause instanceof PosixError)) throw cause;
      const reason = `${cause.message}: snapshots of the kernel need Linux 6.10 or later, which maps its trace buffers`;
      throw new SourceError('IO', `the kernel's buffer cannot be mapped: ${reason}`, { cause });
    }
  };
  const description = map(PAGE_BYTES);
  let shape: BufferShape;
  try {
    shape = shapeOf(new Uint32Array(description.buffer, 0, DESCRIPTION_BYTES / 4));
  } finally {
    posix.unmap(description);
  }
  const mapping = map(shape.firstByte + shape.subBufBytes * shape.subBufCount);
  let words: Uint32Array | undefined = new Uint32Array(mapping.buffer, shape.firstByte);
  return mappedWords(
    shape.subBufBytes,
    () => {
      if (words === undefined) throw new TypeError('the mapping of a buffer of the kernel has ended');
      return words;
    },
    () => {
      if (words === undefined) return;
      words = undefined;
      posix.unmap(mapping);
    },
  );
}

export interface BufferShape {
  /** Place of the first sub-buffer. */
  readonly firstByte: number;
  readonly subBufBytes: number;
  readonly subBufCount: number;
}

/** @throws {SourceError} `CORRUPT` */
export function shapeOf(description: Uint32Array): BufferShape {
  const [firstByte = 0, , subBufBytes = 0, subBufCount = 0] = description;
  const isWhole = firstByte >= PAGE_BYTES && firstByte % PAGE_BYTES === 0 && firstByte <= SUB_BUF_BYTES_MAX;
  const isPage = subBufBytes >= PAGE_BYTES && subBufBytes % PAGE_BYTES === 0 && subBufBytes <= SUB_BUF_BYTES_MAX;
  if (isWhole && isPage && subBufCount > 0) return { firstByte, subBufBytes, subBufCount };
  throw new SourceError('CORRUPT', `the kernel describes a buffer of ${subBufCount} x ${subBufBytes} bytes`);
}

/**
 * Sub-buffers in memory. The kernel sets the time stamp of a sub-buffer before it writes the first new event into it,
 * and the commit word once an event is whole. So a copy is sound if the time stamp is the same before and after.
 *
 * @param words the memory of the sub-buffers
 */
export function mappedWords(subBufBytes: number, words: () => Uint32Array, close: () => void): MappedBuffer {
  const subBufWords = subBufBytes / 4;
  const holds = (memory: Uint32Array, { idx, timeLow, timeHigh }: MappedSubBuffer): boolean => {
    const at = idx * subBufWords;
    return Atomics.load(memory, at) === timeLow && Atomics.load(memory, at + 1) === timeHigh;
  };
  return {
    subBufBytes,
    subBuffers() {
      const memory = words();
      const found: MappedSubBuffer[] = [];
      for (let idx = 0; (idx + 1) * subBufWords <= memory.length; idx++) {
        const at = idx * subBufWords;
        const subBuffer = { idx, timeLow: Atomics.load(memory, at), timeHigh: Atomics.load(memory, at + 1) };
        if (Atomics.load(memory, at + 2) !== 0 && holds(memory, subBuffer)) found.push(subBuffer);
      }
      return found.sort((a, b) => a.timeHigh - b.timeHigh || a.timeLow - b.timeLow);
    },
    copy(subBuffer, to) {
      const memory = words();
      const at = subBuffer.idx * subBufWords;
      if (!holds(memory, subBuffer)) return false;
      // The commit word is read first: all events before it are whole.
      const commit = Atomics.load(memory, at + 2);
      to.set(memory.subarray(at, at + subBufWords));
      to[2] = commit;
      return commit !== 0 && holds(memory, subBuffer);
    },
    close,
  };
}
