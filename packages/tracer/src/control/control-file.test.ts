import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import {
  CONTROL_AREA_BYTES,
  CONTROL_TALLIES_BYTES,
  CONTROL_TALLIES_OFFSET,
  ControlPage,
  ControlSlot,
  controlAreaOffset,
  encodePiece,
} from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from './control-file.ts';
import { StateReader } from './state-reader.ts';

const loaded = loadPosix();
const posix = (loaded as { posix: Posix }).posix;

function makeControlFile(): ControlFile {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  return control;
}

interface Text {
  /** Bytes that are there, of which `at` and following are written. */
  readonly bytes: Buffer;
  readonly at?: number;
  readonly length?: number;
  readonly area?: number;
  readonly number?: number;
}

/** Publishes as a daemon does: text, slot words, generation. */
function publish(control: ControlFile, slot: number, { bytes, at = 0, length, area = 0, number = 1 }: Text): void {
  writeSync(control.fd, bytes, at, bytes.length - at, controlAreaOffset(slot, area & 1) + at);
  const words = Buffer.alloc(16);
  words.writeUInt32LE(length ?? bytes.length, ControlSlot.LENGTH);
  words.writeUInt32LE(area, ControlSlot.AREA);
  words.writeUInt32LE(number, ControlSlot.TEXT);
  writeSync(control.fd, words, 0, 16, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
  const generation = Buffer.alloc(4);
  generation.writeUInt32LE(control.generation + 2);
  writeSync(control.fd, generation, 0, 4, ControlPage.GENERATION);
}

const pieces = (...changes: readonly unknown[]) =>
  Buffer.concat(changes.map((change) => encodePiece(JSON.stringify(change))));

function readDouble({ fd }: ControlFile, position: number): number {
  const word = Buffer.alloc(8);
  readSync(fd, word, 0, 8, position);
  return word.readDoubleLE(0);
}

const WHOLE = { channels: [], added: [{ key: 1 }] };

describe('the control file', () => {
  it('shows at once, through the mapping, what a daemon writes through its descriptor', () => {
    const control = makeControlFile();
    expect(control.generation).toBe(0);
    publish(control, 0, { bytes: pieces(WHOLE) });
    expect(control.generation).toBe(2);
    expect(new StateReader(control, 0).read()).toEqual({ isWhole: true, changes: [WHOLE] });
  });

  it('keeps what two daemons publish apart', () => {
    const control = makeControlFile();
    publish(control, 1, { bytes: pieces(WHOLE) });
    expect(new StateReader(control, 0).read()).toEqual({ isWhole: true, changes: [] });
    expect(new StateReader(control, 1).read()).toEqual({ isWhole: true, changes: [WHOLE] });
  });

  it('is read on from where a reader was', () => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, { bytes: pieces(WHOLE) });
    reader.read();
    expect(reader.read()).toEqual({ isWhole: false, changes: [] });
    // What was read is not read again, whatever has become of it.
    const bytes = pieces(WHOLE, { removed: [1] }, { added: [{ key: 2 }] });
    bytes.fill(0, 0, pieces(WHOLE).length);
    publish(control, 0, { bytes });
    expect(reader.read()).toEqual({ isWhole: false, changes: [{ removed: [1] }, { added: [{ key: 2 }] }] });
  });

  it.each([
    ['in the other area', { area: 1, number: 2 }],
    ['in the same area, since the other was written to meanwhile', { number: 3 }],
    ['under the same number that is shorter', { bytes: pieces({ channels: [] }) }],
  ])('is read from the beginning where a text was begun %s', (_, what) => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, { bytes: pieces(WHOLE) });
    reader.read();
    const another = { bytes: pieces(WHOLE, { removed: [1] }), ...what };
    publish(control, 0, another);
    expect(reader.read()).toMatchObject({ isWhole: true });
    expect(reader.read()).toEqual({ isWhole: false, changes: [] });
  });

  it.each([
    ['that is cut', { length: 12 }],
    ['longer than its area', { length: CONTROL_AREA_BYTES + 1 }],
    ['in an area that is not there', { area: 2 }],
  ])('with a text %s is not taken, and from the beginning once it is sound', (_, what) => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    const bytes = pieces(WHOLE);
    publish(control, 0, { bytes });
    reader.read();
    publish(control, 0, { bytes, number: 2, ...what });
    expect(reader.read()).toBeUndefined();
    publish(control, 0, { bytes });
    expect(reader.read()).toEqual({ isWhole: true, changes: [WHOLE] });
  });

  it('is empty again once its daemon is gone, under a new generation of the same parity', () => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, { bytes: pieces(WHOLE) });
    reader.read();
    control.clearSlot(0);
    control.bumpGeneration();
    expect(reader.read()).toEqual({ isWhole: true, changes: [] });
    expect(control.generation).toBe(4);
  });

  it('has the tallies of both slots behind each other, up to its end', () => {
    const control = makeControlFile();
    for (const slot of [0, 1]) {
      const tallies = control.tallies(slot);
      expect(tallies.byteLength).toBe(CONTROL_TALLIES_BYTES);
      tallies[0] = 5 + slot;
      tallies[tallies.length - 1] = 7 + slot;
    }
    for (const slot of [0, 1]) {
      expect(readDouble(control, CONTROL_TALLIES_OFFSET + slot * CONTROL_TALLIES_BYTES)).toBe(5 + slot);
      expect(readDouble(control, CONTROL_TALLIES_OFFSET + (slot + 1) * CONTROL_TALLIES_BYTES - 8)).toBe(7 + slot);
    }
  });

  it('cannot be shrunk by anybody', () => {
    const control = makeControlFile();
    expect(() => ftruncateSync(control.fd, 0)).toThrow(/EPERM/);
    expect(control.generation).toBe(0);
  });
});
