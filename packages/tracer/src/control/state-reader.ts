import { channelsIn, type DesiredChannel, decodeSlotWords, triggerChangesIn } from '@ringtail/protocol';
import type { ControlFile } from './control-file.ts';

/** The changes of a desired state since it was read. */
export interface StateNews {
  /** All channels; absent: they are the same. */
  readonly channels?: readonly DesiredChannel[];
  readonly triggers: TriggerNews;
}

export interface TriggerNews {
  /** Whether the changes describe all triggers, starting from none. */
  readonly isWhole: boolean;
  /** JSON of triggers by the number of the line; undefined: the trigger is removed. */
  readonly changes: ReadonlyMap<number, string | undefined>;
}

/** A daemon that publishes again and again while a thread reads would hold up the thread. */
const ATTEMPTS = 4;

/**
 * Reads the texts of one slot's daemon: channels when they have changed, triggers from where the last reading ended.
 */
export class StateReader {
  readonly #control: ControlFile;
  readonly #slot: number;
  /** Number of the text of channels that was read; -1: none. */
  #channels = -1;
  /** The text of triggers that was read, and the number of bytes. */
  #triggers = { number: -1, length: 0 };

  constructor(control: ControlFile, slot: number) {
    this.#control = control;
    this.#slot = slot;
  }

  /** @returns undefined if the daemon is writing right now, or has written wrong words: try again at the next event. */
  read(): StateNews | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const words = this.#control.slotWords(this.#slot);
      const { channels, triggers } = decodeSlotWords(words);
      const hasNewChannels = channels.number !== this.#channels;
      const isWhole = triggers.number !== this.#triggers.number || triggers.length < this.#triggers.length;
      const channelsText = hasNewChannels ? this.#control.readText(this.#slot, 'channels', channels) : '';
      const from = isWhole ? 0 : this.#triggers.length;
      const lines = this.#control.readText(this.#slot, 'triggers', triggers, from);
      if (channelsText === undefined || lines === undefined) return undefined;
      if (!words.equals(this.#control.slotWords(this.#slot))) continue;
      this.#channels = channels.number;
      this.#triggers = triggers;
      return {
        ...(hasNewChannels && { channels: channelsIn(channelsText) }),
        triggers: { isWhole, changes: triggerChangesIn(lines) },
      };
    }
    return undefined;
  }
}
