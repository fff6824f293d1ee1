import {
  CONTROL_AREA_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  type ControlText,
  type ControlTextKind,
  controlAreaOffset,
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
    const word = Buffer.alloc(4);
    word.writeUInt32LE(value >>> 0);
    this.write(word, ControlPage.GENERATION);
  }
}

/** What a thread reads of a slot. */
function shownIn(file: MemoryFile, slot: number) {
  const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
  file.read(words, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
  const { generation, channels, triggers } = decodeSlotWords(words);
  const textOf = (kind: ControlTextKind, { length, area }: ControlText) => {
    const bytes = Buffer.alloc(length);
    file.read(bytes, controlAreaOffset(slot, kind, area));
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
      controlAreaOffset(1, 'channels', channels.area),
      controlAreaOffset(1, 'triggers', triggers.area),
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
    expect(file.written).toEqual([controlAreaOffset(0, 'triggers', triggers.area) + 4, 64, ControlPage.GENERATION]);
    expect(shownIn(file, 0)).toEqual({
      generation: generation + 2,
      channels,
      triggers: { ...triggers, length: 7, text: 'one two' },
    });
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
