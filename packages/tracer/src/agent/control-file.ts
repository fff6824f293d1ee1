import { ftruncateSync, readSync } from 'node:fs';
import { Memfd, type Posix, Seal } from '@ringtail/posix';
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
  controlAreaOffset,
  controlChecksum,
  type DesiredState,
} from '@ringtail/protocol';
import { memoryName } from './leftovers.ts';

/** The largest pages that Linux maps by. */
const PAGE_BYTES_MAX = 65_536;
const COUNTERS_MAPPED_FROM = CONTROL_COUNTERS_OFFSET - (CONTROL_COUNTERS_OFFSET % PAGE_BYTES_MAX);

const NO_STATE: DesiredState = { channels: [], triggers: [] };

/** The control file of this thread: made here, written by the daemons. Layout: `protocol/control-page.ts`. */
export class ControlFile {
  readonly fd: number;
  readonly page: Uint32Array;
  readonly #posix: Posix;
  #counters: Float64Array | undefined;

  private constructor(posix: Posix, fd: number, page: ArrayBuffer) {
    this.#posix = posix;
    this.fd = fd;
    this.page = new Uint32Array(page);
    this.page[ControlPage.MAGIC / 4] = CONTROL_MAGIC;
    this.page[ControlPage.ABI_VERSION / 4] = CONTROL_ABI_VERSION;
  }

  /** @throws {PosixError} where memfds or mappings are refused. */
  static create(posix: Posix, tid: number): ControlFile {
    const fd = posix.memfdCreate(memoryName('control', tid), Memfd.ALLOW_SEALING);
    try {
      ftruncateSync(fd, CONTROL_FILE_BYTES);
      posix.addSeals(fd, Seal.SHRINK | Seal.GROW | Seal.SEAL);
      return new ControlFile(posix, fd, posix.map(fd, CONTROL_PAGE_BYTES).buffer);
    } catch (error) {
      posix.closeFd(fd);
      throw error;
    }
  }

  get generation(): number {
    return this.page[ControlPage.GENERATION / 4] as number;
  }

  /** Makes every tracepoint look again: what this thread does when a daemon is gone and cannot do it. */
  bumpGeneration(): void {
    // By two, so that the parity, which tells two daemons' numbers apart, stays.
    this.page[ControlPage.GENERATION / 4] = this.generation + 2;
  }

  /**
   * The counters, mapped when they are first asked for: most threads never need them.
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

  /** Forgets what the daemon of `slot` published: it is gone, and its successor has not spoken yet. */
  clearSlot(slot: number): void {
    this.page[(ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES + ControlSlot.LENGTH) / 4] = 0;
  }

  /**
   * The state that the daemon of `slot` published last.
   *
   * @returns undefined if the daemon is writing right now: try again at the next event.
   */
  readState(slot: number): DesiredState | undefined {
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    readSync(this.fd, words, 0, words.length, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
    const length = words.readUInt32LE(ControlSlot.LENGTH);
    const area = words.readUInt32LE(ControlSlot.AREA);
    if (length === 0) return NO_STATE;
    if (length > CONTROL_AREA_BYTES || area > 1) return undefined;
    const text = Buffer.alloc(length);
    readSync(this.fd, text, 0, length, controlAreaOffset(slot, area));
    if (controlChecksum(text) !== words.readUInt32LE(ControlSlot.CHECKSUM)) return undefined;
    try {
      return JSON.parse(text.toString('utf8')) as DesiredState;
    } catch {
      return undefined;
    }
  }
}
