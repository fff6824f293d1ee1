import { CONTROL_SLOT_WORDS_BYTES, ControlSlot } from './control-page.ts';
import type { DesiredChannel, DesiredTrigger } from './desired-state.ts';

/**
 * Place and version of one of the two texts of a slot. A text with the same number may only have grown. Another number
 * means another text.
 */
export interface ControlText {
  /** 0: the daemon has published no text. */
  readonly number: number;
  readonly length: number;
  /** 0 or 1. */
  readonly area: number;
}

export interface SlotWords {
  readonly generation: number;
  readonly channels: ControlText;
  readonly triggers: ControlText;
}

export function encodeSlotWords({ generation, channels, triggers }: SlotWords): Buffer {
  const bytes = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
  bytes.writeUInt32LE(generation, ControlSlot.GENERATION);
  for (const [at, { number, length, area }] of [
    [ControlSlot.CHANNELS, channels],
    [ControlSlot.TRIGGERS, triggers],
  ] as const) {
    bytes.writeUInt32LE(number, at);
    bytes.writeUInt32LE(length, at + 4);
    bytes.writeUInt32LE(area, at + 8);
  }
  return bytes;
}

export function decodeSlotWords(bytes: Buffer): SlotWords {
  const textAt = (at: number): ControlText => ({
    number: bytes.readUInt32LE(at),
    length: bytes.readUInt32LE(at + 4),
    area: bytes.readUInt32LE(at + 8),
  });
  return {
    generation: bytes.readUInt32LE(ControlSlot.GENERATION),
    channels: textAt(ControlSlot.CHANNELS),
    triggers: textAt(ControlSlot.TRIGGERS),
  };
}

/** The text of the channels: JSON. */
export function channelsText(channels: readonly DesiredChannel[]): string {
  return JSON.stringify(channels);
}

export function channelsIn(text: string): DesiredChannel[] {
  return text === '' ? [] : (JSON.parse(text) as DesiredChannel[]);
}

/**
 * A line of the text of triggers: adds a trigger, as the number of the line, a space, and JSON. A trigger that changes
 * gets another number.
 */
export function triggerLine(line: number, trigger: DesiredTrigger): string {
  return `${line} ${JSON.stringify(trigger)}\n`;
}

/** A line of the text of triggers: removes the trigger that a line has added. */
export function removalLine(line: number): string {
  return `${line}\n`;
}

/** The text of triggers, as JSON by the number of the line. Undefined: the trigger is removed. */
export function triggerChangesIn(lines: string): Map<number, string | undefined> {
  const changes = new Map<number, string | undefined>();
  for (const line of lines.split('\n')) {
    const space = line.indexOf(' ');
    if (space !== -1) changes.set(Number(line.slice(0, space)), line.slice(space + 1));
    else if (line !== '') changes.set(Number(line), undefined);
  }
  return changes;
}

export function triggerIn(json: string): DesiredTrigger {
  return JSON.parse(json) as DesiredTrigger;
}
