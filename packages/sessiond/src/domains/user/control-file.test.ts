import { CONTROL_AREA_BYTES, ControlPage, ControlSlot, controlAreaOffset } from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlBytes, ControlFile } from './control-file.ts';

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

interface Shown {
  readonly text: string;
  readonly generation: number;
  readonly area: number;
  readonly number: number;
}

/** What a thread reads of a slot. */
function shownIn(file: MemoryFile, slot: number): Shown {
  const at = ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES;
  const area = file.word(at + ControlSlot.AREA);
  const bytes = Buffer.alloc(file.word(at + ControlSlot.LENGTH));
  file.read(bytes, controlAreaOffset(slot, area));
  return {
    text: bytes.toString(),
    generation: file.word(at + ControlSlot.GENERATION),
    area,
    number: file.word(at + ControlSlot.TEXT),
  };
}

const piece = (text: string) => Buffer.from(text);

describe('ControlFile', () => {
  it('writes the text, then the words of the slot, then the generation', () => {
    const file = new MemoryFile();
    new ControlFile(file, 1).begin(piece('{}'));
    const { text, area, generation } = shownIn(file, 1);
    expect(text).toBe('{}');
    expect(file.written).toEqual([controlAreaOffset(1, area), 128, ControlPage.GENERATION]);
    expect(file.word(ControlPage.GENERATION)).toBe(generation);
  });

  it('never writes over what threads may be reading, its predecessor included', () => {
    const file = new MemoryFile();
    const shown: Shown[] = [];
    for (const daemon of ['former', 'this']) {
      const control = new ControlFile(file, 0);
      for (const text of ['a', 'b', 'c']) {
        control.begin(piece(daemon + text));
        shown.push(shownIn(file, 0));
      }
    }
    for (let at = 1; at < shown.length; at++) expect(shown[at]?.area).toBe(1 - (shown[at - 1]?.area as number));
    // A thread that was away while both areas were written to is to see that they were.
    expect(new Set(shown.map(({ number }) => number)).size).toBe(shown.length);
  });

  it('adds to a text behind what is there, in the same order of writes, under the same number', () => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    expect(control.append(piece('nothing to add to'))).toBe(false);
    control.begin(piece('one'));
    const { area, number, generation } = shownIn(file, 0);
    file.written.length = 0;
    expect(control.append(piece(' two'))).toBe(true);
    expect(file.written).toEqual([controlAreaOffset(0, area) + 3, 64, ControlPage.GENERATION]);
    expect(shownIn(file, 0)).toEqual({ text: 'one two', area, number, generation: generation + 2 });
    expect(control.length).toBe(7);
  });

  it('changes nothing where a text would be longer than an area', () => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    expect(control.begin(Buffer.alloc(CONTROL_AREA_BYTES + 1))).toBe(false);
    expect(file.written).toEqual([]);
    control.begin(piece('x'));
    const writes = file.written.length;
    expect(control.append(Buffer.alloc(CONTROL_AREA_BYTES))).toBe(false);
    expect(file.written).toHaveLength(writes);
    expect(shownIn(file, 0).text).toBe('x');
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
          daemons[step]!.begin(piece(`state ${idx}`));
          const generation = file.word(ControlPage.GENERATION);
          expect(generation % 2).toBe(step);
          expect(generation).toBeGreaterThan(before);
          expect(seen.has(generation)).toBe(false);
          seen.add(generation);
          expect(shownIn(file, step)).toMatchObject({ text: `state ${idx}`, generation });
        });
      }),
    );
  });

  it('goes on where a hostile thread has left no larger number', () => {
    const file = new MemoryFile();
    file.setGeneration(0xffff_ffff);
    new ControlFile(file, 1).begin(piece('x'));
    expect(shownIn(file, 1).text).toBe('x');
  });
});
