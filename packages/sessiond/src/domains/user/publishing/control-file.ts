import { readSync, writeSync } from 'node:fs';
import { describeError, errnoOf } from '@ringtail/base';
import {
  type AbortReason,
  CONTROL_AREA_BYTES,
  CONTROL_FILE_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  type ControlText,
  type ControlTextKind,
  controlTextOffset,
  decodeSlotWords,
  encodeSlotWords,
  type SlotWords,
} from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';

/** The limit holds for shared memory as for files of a disk. */
const FILE_SIZE_LIMIT = `the session daemon was started with a limit of file sizes (ulimit -f) below the ${Math.ceil(CONTROL_FILE_BYTES / 2 ** 20)} MiB that it needs to control a program`;

/** The bytes of a control file, read and written at positions. */
export interface ControlBytes {
  read(bytes: Buffer, position: number): void;
  write(bytes: Uint8Array, position: number): void;
}

/** A text of a desired state. Under the same number it only ever grows. */
export interface StateText {
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * The slot of one daemon in a thread's control file. Publishes desired states.
 *
 * The thread can write to the file, so its content is not trusted: a wrong area or generation harms that thread alone.
 */
export class ControlFile {
  readonly #bytes: ControlBytes;
  readonly #slot: number;
  #words: SlotWords;

  constructor(bytes: ControlBytes, slot: number) {
    this.#bytes = bytes;
    this.#slot = slot;
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    this.#bytes.read(words, this.#slotOffset());
    const { channels, triggers } = decodeSlotWords(words);
    // The thread may be reading the last state of a former daemon in one of the areas of each text.
    const former = ({ length, area }: ControlText): ControlText => ({ number: 0, length, area: area === 1 ? 1 : 0 });
    this.#words = { generation: 0, channels: former(channels), triggers: former(triggers) };
  }

  /**
   * Publishes a desired state in place of the current one. Writes what has changed.
   *
   * @param channels undefined: the current text stays
   * @returns false if the texts are longer than an area; nothing is changed then.
   * @throws what reading and writing throw.
   */
  publish(channels: StateText | undefined, triggers: StateText): boolean {
    const channelBytes = channels?.bytes ?? this.#words.channels;
    if (!fit(channelBytes, triggers.bytes)) return false;
    // A text must not overwrite the current text of the other kind: where it would, the other is replaced first. The
    // current texts fit into an area, and so do the new ones, so at most one has to wait.
    if (!fit(channelBytes, this.#words.triggers)) this.#publish({ triggers });
    else if (!fit(this.#words.channels, triggers.bytes)) this.#publish({ channels });
    this.#publish({ channels, triggers });
    return true;
  }

  /** The reason for which the thread was about to abort; null if it has marked none, or its file cannot be read. */
  abortReason(): AbortReason | null {
    try {
      if (this.#word(ControlPage.ABORT) !== 0) return 'process.abort';
      return this.#word(ControlPage.HEAP_LIMIT) !== 0 ? 'heap-limit' : null;
    } catch {
      return null;
    }
  }

  #publish({ channels, triggers }: { readonly channels?: StateText | undefined; readonly triggers?: StateText }): void {
    this.#words = {
      channels: channels === undefined ? this.#words.channels : this.#write('channels', channels),
      triggers: triggers === undefined ? this.#words.triggers : this.#write('triggers', triggers),
      generation: this.#nextGeneration(),
    };
    this.#bytes.write(encodeSlotWords(this.#words), this.#slotOffset());
    const page = Buffer.alloc(4);
    page.writeUInt32LE(this.#words.generation, 0);
    this.#bytes.write(page, ControlPage.GENERATION);
  }

  /** Writes a text to the other area, or the end of a text that has grown behind its beginning. */
  #write(kind: ControlTextKind, { number, bytes }: StateText): ControlText {
    const current = this.#words[kind];
    const isCurrent = number === current.number;
    const [area, from] = isCurrent ? [current.area, current.length] : [1 - current.area, 0];
    const text = { number, length: bytes.length, area };
    if (from < bytes.length) this.#bytes.write(bytes.subarray(from), controlTextOffset(this.#slot, kind, text) + from);
    return text;
  }

  /**
   * Larger than the current value and than our last one, which the other daemon may have overwritten; of our parity.
   */
  #nextGeneration(): number {
    const seen = Math.max(this.#word(ControlPage.GENERATION), this.#words.generation);
    const next = seen + 1;
    return ((next & 1) === this.#slot ? next : next + 1) >>> 0;
  }

  #slotOffset(): number {
    return ControlPage.SLOTS + this.#slot * ControlPage.SLOT_BYTES;
  }

  #word(position: number): number {
    const word = Buffer.alloc(4);
    this.#bytes.read(word, position);
    return word.readUInt32LE(0);
  }
}

/** Whether a text of channels and a text of triggers fit into one area. */
function fit(channels: { readonly length: number }, triggers: { readonly length: number }): boolean {
  return channels.length + triggers.length <= CONTROL_AREA_BYTES;
}

/**
 * The bytes behind a descriptor that a thread has sent. It may be open for reading only, or sealed against writing,
 * also later.
 *
 * Both methods throw a `PeerRefusal`, `BAD_MESSAGE`, or a `DaemonError`, `FILE_SIZE_LIMIT`.
 */
export function controlBytesOf(descriptor: number): ControlBytes {
  return {
    read(bytes, position) {
      const count = trying('read', () => readSync(descriptor, bytes, 0, bytes.length, position));
      if (count !== bytes.length) throw new PeerRefusal('BAD_MESSAGE', 'the control file is too short');
    },
    write(bytes, position) {
      const count = trying('written', () => writeSync(descriptor, bytes, 0, bytes.length, position));
      if (count !== bytes.length) throw new PeerRefusal('BAD_MESSAGE', 'the control file took only a part');
    },
  };
}

function trying<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (errnoOf(error) === 'EFBIG') throw new DaemonError('FILE_SIZE_LIMIT', FILE_SIZE_LIMIT);
    throw new PeerRefusal('BAD_MESSAGE', `the control file cannot be ${what}: ${describeError(error)}`);
  }
}
