import {
  CONTROL_AREA_BYTES,
  CONTROL_FILE_BYTES,
  CONTROL_PAGE_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  type ControlText,
  type ControlTextKind,
  controlTextOffset,
  decodeSlotWords,
} from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlBytes, ControlFile, type StateText } from './control-file.ts';

/** A sparse file in memory that remembers where it was written to, in order. */
class MemoryFile implements ControlBytes {
  readonly written: number[] = [];
  readonly #bytes = new Map<number, number>();

  read(bytes: Buffer, position: number): void {
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.#bytes.get(position + at) ?? 0;
  }
  write(bytes: Uint8Array, position: number): void {
    this.written.push(position);
    bytes.forEach((byte, at) => {
      this.#bytes.set(position + at, byte);
    });
  }
  word(position: number): number {
    const word = Buffer.alloc(4);
    this.read(word, position);
    return word.readUInt32LE(0);
  }
  setGeneration(value: number): void {
    this.setWord(ControlPage.GENERATION, value);
  }
  setWord(position: number, value: number): void {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value >>> 0);
    this.write(word, position);
  }
}

/** Texts of `TwoAreas` have lengths that this divides. */
const STEP = CONTROL_AREA_BYTES / 16;

/** The areas of slot 0, one number for each piece of STEP bytes, and the slot's words. */
class TwoAreas implements ControlBytes {
  /** Pieces of current texts that were written to. */
  readonly overwritten: number[] = [];
  readonly #words = new MemoryFile();
  readonly #pieces: number[] = Array(32).fill(0);

  read(bytes: Buffer, position: number): void {
    this.#words.read(bytes, position);
  }
  write(bytes: Uint8Array, position: number): void {
    if (position < CONTROL_PAGE_BYTES) {
      this.#words.write(bytes, position);
      return;
    }
    const from = (position - CONTROL_PAGE_BYTES) / STEP;
    const current = [...this.#current('channels'), ...this.#current('triggers')];
    for (let piece = from; piece < from + bytes.length / STEP; piece++) {
      if (current.includes(piece)) this.overwritten.push(piece);
      this.#pieces[piece] = bytes[0] as number;
    }
  }
  /** Number and length of both texts, if their pieces have that number. */
  shown() {
    const of = (kind: ControlTextKind) => {
      const pieces = this.#current(kind);
      const { number } = this.#text(kind);
      return {
        number: pieces.every((piece) => this.#pieces[piece] === number) ? number : 'torn',
        pieces: pieces.length,
      };
    };
    return { channels: of('channels'), triggers: of('triggers') };
  }
  #text(kind: ControlTextKind): ControlText {
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    this.#words.read(words, ControlPage.SLOTS);
    return decodeSlotWords(words)[kind];
  }
  #current(kind: ControlTextKind): number[] {
    const text = this.#text(kind);
    const from = (controlTextOffset(0, kind, text) - CONTROL_PAGE_BYTES) / STEP;
    return Array.from({ length: text.length / STEP }, (_, idx) => from + idx);
  }
}

/** What a thread reads of a slot. */
function shownIn(file: MemoryFile, slot: number) {
  const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
  file.read(words, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
  const { generation, channels, triggers } = decodeSlotWords(words);
  const textOf = (kind: ControlTextKind, text: ControlText) => {
    const bytes = Buffer.alloc(text.length);
    file.read(bytes, controlTextOffset(slot, kind, text));
    return bytes.toString();
  };
  return {
    generation,
    channels: { ...channels, text: textOf('channels', channels) },
    triggers: { ...triggers, text: textOf('triggers', triggers) },
  };
}

const text = (number: number, characters: string): StateText => ({ number, bytes: Buffer.from(characters) });

describe('ControlFile', () => {
  it('writes the texts, then the words of the slot, then the generation', () => {
    const file = new MemoryFile();
    new ControlFile(file, 1).publish(text(1, '[]'), text(1, '1 {}\n'));
    const { channels, triggers, generation } = shownIn(file, 1);
    expect([channels.text, triggers.text]).toEqual(['[]', '1 {}\n']);
    expect(file.written).toEqual([
      controlTextOffset(1, 'channels', channels),
      controlTextOffset(1, 'triggers', triggers),
      128,
      ControlPage.GENERATION,
    ]);
    expect(file.word(ControlPage.GENERATION)).toBe(generation);
  });

  it('never writes over texts that threads may be reading, its predecessor included', () => {
    const file = new MemoryFile();
    const shown: ReturnType<typeof shownIn>[] = [];
    for (const daemon of ['former', 'this']) {
      const control = new ControlFile(file, 0);
      for (const [at, characters] of ['a', 'b', 'c'].entries()) {
        control.publish(text(at + 1, daemon), text(at + 1, characters));
        shown.push(shownIn(file, 0));
      }
    }
    for (let at = 1; at < shown.length; at++) {
      expect(shown[at]?.channels.area).toBe(1 - (shown[at - 1]?.channels.area as number));
      expect(shown[at]?.triggers.area).toBe(1 - (shown[at - 1]?.triggers.area as number));
    }
    expect(shown.map(({ triggers }) => triggers.text)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('writes a text that stays not again, and of one that has grown the end', () => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    control.publish(text(1, '[]'), text(1, 'one '));
    const { channels, triggers, generation } = shownIn(file, 0);
    file.written.length = 0;
    control.publish(text(1, '[]'), text(1, 'one two'));
    expect(file.written).toEqual([controlTextOffset(0, 'triggers', triggers) + 4, 64, ControlPage.GENERATION]);
    expect(shownIn(file, 0)).toEqual({
      generation: generation + 2,
      channels,
      triggers: { ...triggers, length: 7, text: 'one two' },
    });
  });

  it('never changes bytes of texts that a thread reads, whatever share of an area they take', () => {
    const most = CONTROL_AREA_BYTES / STEP;
    const bytes = Buffer.alloc(CONTROL_AREA_BYTES);
    const step = fc.record({
      changed: fc.constantFrom('channels', 'triggers', 'both'),
      channels: fc.nat(most),
      triggers: fc.nat(most),
      isNewDaemon: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const file = new TwoAreas();
        let control = new ControlFile(file, 0);
        let channels = { number: 1, pieces: 0 };
        let triggers = channels;
        for (const [idx, { changed, isNewDaemon, ...pieces }] of steps.entries()) {
          const number = idx + 2;
          if (isNewDaemon) control = new ControlFile(file, 0);
          if (isNewDaemon || changed === 'both') {
            channels = { number, pieces: pieces.channels };
            triggers = { number, pieces: Math.min(pieces.triggers, most - pieces.channels) };
          } else if (changed === 'channels') {
            channels = { number, pieces: Math.min(pieces.channels, most - triggers.pieces) };
          } else {
            triggers = { number, pieces: Math.min(pieces.triggers, most - channels.pieces) };
          }
          bytes[0] = number;
          const of = (text: typeof channels) => ({ number: text.number, bytes: bytes.subarray(0, text.pieces * STEP) });
          expect(control.publish(of(channels), of(triggers))).toBe(true);
          expect(file.shown()).toEqual({ channels, triggers });
          expect(file.overwritten).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has room for texts that fill one area together, and a file of no more than 32.4 MiB', () => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    const half = CONTROL_AREA_BYTES / 2;
    const of = (bytes: number) => ({ number: 1, bytes: Buffer.alloc(bytes) });
    expect(control.publish(of(half), of(half + 1))).toBe(false);
    expect(file.written).toEqual([]);
    expect(CONTROL_FILE_BYTES).toBeLessThan(32.4 * 2 ** 20);
  });

  it.each(['channels', 'triggers'])('changes nothing where the %s are longer than an area', (kind) => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    control.publish(text(1, 'x'), text(1, 'y'));
    const writes = file.written.length;
    const long = { number: 2, bytes: Buffer.alloc(CONTROL_AREA_BYTES + 1) };
    const isWritten = kind === 'channels' ? control.publish(long, text(2, 'z')) : control.publish(text(2, 'z'), long);
    expect(isWritten).toBe(false);
    expect(file.written).toHaveLength(writes);
    expect(shownIn(file, 0)).toMatchObject({ channels: { text: 'x' }, triggers: { text: 'y' } });
  });

  it('two daemons never publish one generation twice, whatever the thread writes between', () => {
    const action = fc.oneof(fc.constantFrom(0, 1), fc.record({ set: fc.integer({ min: 0, max: 1000 }) }));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const file = new MemoryFile();
        const daemons = [new ControlFile(file, 0), new ControlFile(file, 1)];
        const seen = new Set<number>();
        actions.forEach((step, idx) => {
          if (typeof step !== 'number') {
            file.setGeneration(step.set);
            return;
          }
          const before = file.word(ControlPage.GENERATION);
          daemons[step]!.publish(text(idx + 1, `state ${idx}`), text(1, ''));
          const generation = file.word(ControlPage.GENERATION);
          expect(generation % 2).toBe(step);
          expect(generation).toBeGreaterThan(before);
          expect(seen.has(generation)).toBe(false);
          seen.add(generation);
          expect(shownIn(file, step)).toMatchObject({ channels: { text: `state ${idx}` }, generation });
        });
      }),
    );
  });

  it('goes on where a hostile thread has left no larger number', () => {
    const file = new MemoryFile();
    file.setGeneration(0xffff_ffff);
    new ControlFile(file, 1).publish(text(1, 'x'), text(1, ''));
    expect(shownIn(file, 1).channels.text).toBe('x');
  });
});

describe('the reason of an abort', () => {
  it('is what the thread has marked, where its file can be read', () => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    expect(control.abortReason()).toBeNull();
    file.setWord(ControlPage.HEAP_LIMIT, 2);
    expect(control.abortReason()).toBe('heap-limit');
    file.setWord(ControlPage.ABORT, 1);
    expect(control.abortReason()).toBe('process.abort');
    file.read = () => {
      throw new Error('too short');
    };
    expect(control.abortReason()).toBeNull();
  });
});
