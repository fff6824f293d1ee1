import { ftruncateSync, writeSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import { CONTROL_AREA_BYTES, ControlPage, ControlSlot, controlAreaOffset, controlChecksum } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from './control-file.ts';

const loaded = loadPosix();
const posix = (loaded as { posix: Posix }).posix;

function makeControlFile(): ControlFile {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  return control;
}

/** Publishes as a daemon does: text, slot words, generation. */
function publish(
  control: ControlFile,
  slot: number,
  text: string,
  words: Partial<Record<'length' | 'area' | 'checksum', number>> = {},
) {
  const bytes = Buffer.from(text);
  writeSync(control.fd, bytes, 0, bytes.length, controlAreaOffset(slot, 0));
  const slotWords = Buffer.alloc(16);
  slotWords.writeUInt32LE(words.length ?? bytes.length, ControlSlot.LENGTH);
  slotWords.writeUInt32LE(words.area ?? 0, ControlSlot.AREA);
  slotWords.writeUInt32LE(words.checksum ?? controlChecksum(bytes), ControlSlot.CHECKSUM);
  writeSync(control.fd, slotWords, 0, 16, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
  const generation = Buffer.alloc(4);
  generation.writeUInt32LE(control.generation + 2);
  writeSync(control.fd, generation, 0, 4, ControlPage.GENERATION);
}

const STATE = JSON.stringify({ channels: [], triggers: [] });

describe('the control file', () => {
  it('shows at once, through the mapping, what a daemon writes through its descriptor', () => {
    const control = makeControlFile();
    expect(control.generation).toBe(0);
    publish(control, 0, STATE);
    expect(control.generation).toBe(2);
    expect(control.readState(0)).toEqual({ channels: [], triggers: [] });
  });

  it('keeps the states of two daemons apart', () => {
    const control = makeControlFile();
    publish(control, 1, '{"channels":[{"key":7}]}');
    expect(control.readState(0)).toEqual({ channels: [], triggers: [] });
    expect(control.readState(1)).toEqual({ channels: [{ key: 7 }] });
  });

  it.each([
    ['whose checksum does not fit', { checksum: 1 }],
    ['longer than its area', { length: CONTROL_AREA_BYTES + 1 }],
    ['in an area that is not there', { area: 2 }],
  ])('a state %s is not taken', (_, words) => {
    const control = makeControlFile();
    publish(control, 0, STATE, words);
    expect(control.readState(0)).toBeUndefined();
  });

  it('a state that is not JSON is not taken', () => {
    const control = makeControlFile();
    publish(control, 0, '{"channels":');
    expect(control.readState(0)).toBeUndefined();
  });

  it('is empty again once its daemon is gone, under a new generation of the same parity', () => {
    const control = makeControlFile();
    publish(control, 0, '{"channels":[{"key":7}]}');
    control.clearSlot(0);
    control.bumpGeneration();
    expect(control.readState(0)).toEqual({ channels: [], triggers: [] });
    expect(control.generation).toBe(4);
  });

  it('cannot be shrunk by anybody', () => {
    const control = makeControlFile();
    expect(() => ftruncateSync(control.fd, 0)).toThrow(/EPERM/);
    expect(control.generation).toBe(0);
  });
});
