import { type Mapping, Memfd, type Posix, Seal } from '@ringtail/posix';
import {
  CONTROL_ABI_VERSION,
  CONTROL_AREA_BYTES,
  CONTROL_COUNTER_COUNT,
  CONTROL_COUNTERS_OFFSET,
  CONTROL_FILE_BYTES,
  CONTROL_MAGIC,
  CONTROL_PAGE_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  ControlSlot,
  type ControlText,
  type ControlTextKind,
  controlTextOffset,
} from '@ringtail/protocol';
import { ftruncateSync, readSync } from '../host/files.ts';
import { memoryName } from '../host/worker-cleanup.ts';

/** Size of the largest pages that Linux uses for mappings. */
const PAGE_BYTES_MAX = 65_536;
const COUNTERS_MAPPED_FROM = CONTROL_COUNTERS_OFFSET - (CONTROL_COUNTERS_OFFSET % PAGE_BYTES_MAX);

/**
 * The control file of this thread: made here, written by the daemons. See `control-page.ts` of `protocol` for the
 * layout.
 */
export class ControlFile {
  readonly fd: number;
  readonly page: Uint32Array;
  /** Address of the semaphore `ControlPage.HEAP_LIMIT`. */
  readonly heapLimitAddress: number;
  readonly #posix: Posix;
  #counters: Float64Array | undefined;

  private constructor(posix: Posix, fd: number, { address, buffer }: Mapping) {
    this.#posix = posix;
    this.fd = fd;
    this.page = new Uint32Array(buffer);
    this.heapLimitAddress = address + ControlPage.HEAP_LIMIT;
    this.page[ControlPage.MAGIC / 4] = CONTROL_MAGIC;
    this.page[ControlPage.ABI_VERSION / 4] = CONTROL_ABI_VERSION;
  }

  /** @throws {PosixError} where memfds or mappings are refused. */
  static create(posix: Posix, tid: number): ControlFile {
    const fd = posix.memfdCreate(memoryName('control', tid), Memfd.ALLOW_SEALING);
    try {
      ftruncateSync(fd, CONTROL_FILE_BYTES);
      posix.addSeals(fd, Seal.SHRINK | Seal.GROW | Seal.SEAL);
      return new ControlFile(posix, fd, posix.map(fd, CONTROL_PAGE_BYTES));
    } catch (error) {
      posix.closeFd(fd);
      throw error;
    }
  }

  get generation(): number {
    return this.page[ControlPage.GENERATION / 4] as number;
  }

  /** Has every tracepoint read the desired state again, in place of a daemon that is gone. */
  bumpGeneration(): void {
    // By two: the parity tells which of two daemons wrote the number.
    this.page[ControlPage.GENERATION / 4] = this.generation + 2;
  }

  /** The program has called `process.abort()`. */
  markAbort(): void {
    this.page[ControlPage.ABORT / 4] = 1;
  }

  /**
   * The counters, which are mapped at their first use: most threads never need them.
   *
   * @throws {PosixError} where the mapping is refused
   */
  get counters(): Float64Array {
    if (this.#counters === undefined) {
      const { buffer } = this.#posix.map(this.fd, CONTROL_FILE_BYTES - COUNTERS_MAPPED_FROM, COUNTERS_MAPPED_FROM);
      const offset = CONTROL_COUNTERS_OFFSET - COUNTERS_MAPPED_FROM;
      this.#counters = new Float64Array(buffer, offset, CONTROL_COUNTER_COUNT);
    }
    return this.#counters;
  }

  /** Empties the slot of a daemon that is gone, until its successor publishes. */
  clearSlot(slot: number): void {
    const at = (ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES) / 4;
    this.page[at + ControlSlot.CHANNELS / 4] = 0;
    this.page[at + ControlSlot.TRIGGERS / 4] = 0;
  }

  /** The words of a slot, see `decodeSlotWords`. */
  slotWords(slot: number): Buffer {
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    readSync(this.fd, words, 0, words.length, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
    return words;
  }

  /**
   * A text of a slot, from a byte offset. It is whole if the words of the slot have not changed meanwhile.
   *
   * @returns undefined where its words are wrong
   */
  readText(slot: number, kind: ControlTextKind, text: ControlText, from = 0): string | undefined {
    if (text.number === 0) return '';
    if (text.length > CONTROL_AREA_BYTES || text.area > 1) return undefined;
    const bytes = Buffer.alloc(text.length - from);
    readSync(this.fd, bytes, 0, bytes.length, controlTextOffset(slot, kind, text) + from);
    return bytes.toString('utf8');
  }
}
