import { CONTROL_AREA_BYTES, ControlPage, ControlSlot, controlAreaOffset, controlChecksum } from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlBytes, ControlFile, stateText } from './control-file.ts';

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
function stateIn(file: MemoryFile, slot: number): { text: string; generation: number; area: number } {
  const at = ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES;
  const area = file.word(at + ControlSlot.AREA);
  const bytes = Buffer.alloc(file.word(at + ControlSlot.LENGTH));
  file.read(bytes, controlAreaOffset(slot, area));
  expect(controlChecksum(bytes)).toBe(file.word(at + ControlSlot.CHECKSUM));
  return { text: bytes.toString(), generation: file.word(at + ControlSlot.GENERATION), area };
}

describe('ControlFile', () => {
  it('writes the text, then the words of the slot, then the generation', () => {
    const file = new MemoryFile();
    new ControlFile(file, 1).publish(stateText('{}'));
    const { text, area, generation } = stateIn(file, 1);
    expect(text).toBe('{}');
    expect(file.written).toEqual([controlAreaOffset(1, area), 128, ControlPage.GENERATION]);
    expect(file.word(ControlPage.GENERATION)).toBe(generation);
  });

  it('never writes into the area that threads may be reading, its predecessor included', () => {
    const file = new MemoryFile();
    const areas: number[] = [];
    for (const daemon of [new ControlFile(file, 0), undefined]) {
      const control = daemon ?? new ControlFile(file, 0);
      for (const text of ['a', 'b', 'c']) {
        control.publish(stateText(`${daemon === undefined}${text}`));
        areas.push(stateIn(file, 0).area);
      }
    }
    for (let at = 1; at < areas.length; at++) expect(areas[at]).toBe(1 - areas[at - 1]!);
  });

  it('does not trouble anybody with a state that is the same', () => {
    const file = new MemoryFile();
    const control = new ControlFile(file, 0);
    control.publish(stateText('same'));
    const writes = file.written.length;
    expect(control.publish(stateText('same'))).toBe(true);
    expect(file.written).toHaveLength(writes);
  });

  it('changes nothing where a text is longer than an area', () => {
    const file = new MemoryFile();
    const bytes = Buffer.alloc(CONTROL_AREA_BYTES + 1);
    expect(new ControlFile(file, 0).publish({ bytes, checksum: 0 })).toBe(false);
    expect(file.written).toEqual([]);
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
          daemons[step]!.publish(stateText(`state ${idx}`));
          const generation = file.word(ControlPage.GENERATION);
          expect(generation % 2).toBe(step);
          expect(generation).toBeGreaterThan(before);
          expect(seen.has(generation)).toBe(false);
          seen.add(generation);
          expect(stateIn(file, step)).toMatchObject({ text: `state ${idx}`, generation });
        });
      }),
    );
  });

  it('goes on where a hostile thread has left no larger number', () => {
    const file = new MemoryFile();
    file.setGeneration(0xffff_ffff);
    new ControlFile(file, 1).publish(stateText('x'));
    expect(stateIn(file, 1).text).toBe('x');
  });
});
