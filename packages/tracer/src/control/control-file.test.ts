import { ftruncateSync, writeSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import {
  CONTROL_AREA_BYTES,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  type ControlText,
  type ControlTextKind,
  controlTextOffset,
  encodeSlotWords,
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
  readonly number: number;
  readonly text: string;
  readonly length?: number;
  readonly area?: number;
}

/** Publishes as a daemon does: texts, slot words, generation. */
function publish(control: ControlFile, slot: number, channels: Text, triggers: Text): void {
  const write = (kind: ControlTextKind, { number, text, length, area = 0 }: Text): ControlText => {
    const bytes = Buffer.from(text);
    writeSync(
      control.fd,
      bytes,
      0,
      bytes.length,
      controlTextOffset(slot, kind, { area: area & 1, length: bytes.length }),
    );
    return { number, length: length ?? bytes.length, area };
  };
  const generation = control.generation + 2;
  const words = { generation, channels: write('channels', channels), triggers: write('triggers', triggers) };
  const position = ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES;
  writeSync(control.fd, encodeSlotWords(words), 0, CONTROL_SLOT_WORDS_BYTES, position);
  const page = Buffer.alloc(4);
  page.writeUInt32LE(generation);
  writeSync(control.fd, page, 0, 4, ControlPage.GENERATION);
}

const CHANNELS = { number: 1, text: '[{"key":5}]' };
const TRIGGERS = { number: 1, text: '7 {"key":7}\n8 {"key":8}\n' };
const news = (isWhole: boolean, ...changes: readonly [number, string | undefined][]) => ({
  isWhole,
  changes: new Map(changes),
});
const ALL = { channels: [{ key: 5 }], triggers: news(true, [7, '{"key":7}'], [8, '{"key":8}']) };
const NOTHING = { channels: [], triggers: news(true) };

describe('the control file', () => {
  it('shows the writes of a daemon through its descriptor at once in the mapping', () => {
    const control = makeControlFile();
    expect(control.generation).toBe(0);
    publish(control, 0, CHANNELS, TRIGGERS);
    expect(control.generation).toBe(2);
    expect(new StateReader(control, 0).read()).toEqual(ALL);
  });

  it('keeps the texts of two daemons apart', () => {
    const control = makeControlFile();
    publish(control, 1, CHANNELS, TRIGGERS);
    expect(new StateReader(control, 0).read()).toEqual(NOTHING);
    expect(new StateReader(control, 1).read()).toEqual(ALL);
  });

  it('is read on from where a reader was', () => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, CHANNELS, TRIGGERS);
    reader.read();
    expect(reader.read()).toEqual({ triggers: news(false) });
    // The part that was read is not read again, even if it has changed.
    publish(control, 0, CHANNELS, { number: 1, text: `${TRIGGERS.text.replaceAll(/./g, 'x')}7\n9 {"key":9}\n` });
    expect(reader.read()).toEqual({ triggers: news(false, [7, undefined], [9, '{"key":9}']) });
  });

  it('is read text by text where a text was begun', () => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, CHANNELS, TRIGGERS);
    reader.read();
    publish(control, 0, CHANNELS, { number: 2, text: '9 {"key":9}\n', area: 1 });
    expect(reader.read()).toEqual({ triggers: news(true, [9, '{"key":9}']) });
    publish(control, 0, { number: 2, text: '[]', area: 1 }, { number: 2, text: '9 {"key":9}\n', area: 1 });
    expect(reader.read()).toEqual({ channels: [], triggers: news(false) });
    publish(control, 0, { number: 2, text: '[]', area: 1 }, { number: 2, text: '', area: 1 });
    expect(reader.read()).toEqual({ triggers: news(true) });
  });

  it.each([
    ['longer than its area', { length: CONTROL_AREA_BYTES + 1 }],
    ['in an area that does not exist', { area: 2 }],
  ])('with a text %s is not read until the text is sound', (_, what) => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, { ...CHANNELS, ...what }, TRIGGERS);
    expect(reader.read()).toBeUndefined();
    publish(control, 0, CHANNELS, { ...TRIGGERS, ...what });
    expect(reader.read()).toBeUndefined();
    publish(control, 0, CHANNELS, TRIGGERS);
    expect(reader.read()).toEqual(ALL);
  });

  it('is read again where a daemon publishes meanwhile, and the parts that are read belong together', () => {
    const control = makeControlFile();
    const stateOf = (number: number) =>
      [
        { number, text: `[{"key":${number}}]`, area: number & 1 },
        { number, text: `${number} {"key":${number}}\n`, area: number & 1 },
      ] as const;
    for (const publishedAfter of ['channels', 'triggers'] as const) {
      const reader = new StateReader(control, 0);
      publish(control, 0, ...stateOf(1));
      const readText = control.readText.bind(control);
      let next = 2;
      control.readText = (slot, kind, ...rest) => {
        const text = readText(slot, kind, ...rest);
        if (kind === publishedAfter && next < 4) publish(control, 0, ...stateOf(next++));
        return text;
      };
      expect(reader.read()).toEqual({ channels: [{ key: 3 }], triggers: news(true, [3, '{"key":3}']) });
      control.readText = readText;
    }
  });

  it('is left until the next event where a daemon publishes again and again', () => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    const readText = control.readText.bind(control);
    let number = 1;
    control.readText = (...args) => {
      number++;
      publish(control, 0, { ...CHANNELS, number }, { ...TRIGGERS, number });
      return readText(...args);
    };
    publish(control, 0, CHANNELS, TRIGGERS);
    expect(reader.read()).toBeUndefined();
  });

  it('is empty again once its daemon is gone, under a new generation of the same parity', () => {
    const control = makeControlFile();
    const reader = new StateReader(control, 0);
    publish(control, 0, CHANNELS, TRIGGERS);
    reader.read();
    control.clearSlot(0);
    control.bumpGeneration();
    expect(reader.read()).toEqual(NOTHING);
    expect(control.generation).toBe(4);
  });

  it('cannot be shrunk by anybody', () => {
    const control = makeControlFile();
    expect(() => ftruncateSync(control.fd, 0)).toThrow(/EPERM/);
    expect(control.generation).toBe(0);
  });
});
