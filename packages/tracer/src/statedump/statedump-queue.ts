import type { ChannelBinding } from '../channel/channel-binding.ts';
import { STATEDUMP_SITE_LIST } from './statedump-events.ts';

/** The statedumps that daemons have requested and this thread has not recorded. Each channel numbers its requests. */
export class StatedumpQueue {
  readonly #onDue: () => void;
  /** Number of the newest statedump that was recorded, by channel. */
  readonly #recorded = new Map<string, number>();
  /** Number of the statedump to record, by channel. */
  #due = new Map<string, number>();

  /** @param onDue called at each request that is new */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** @param channel key in the thread's map of channels: `SLOT:KEY` */
  request(channel: string, number: number): void {
    if (!this.#isNew(channel, number)) return;
    this.#due.set(channel, number);
    this.#onDue();
  }

  /** Empties the queue. @returns the channels that record a statedump now */
  takeDue(bindings: ReadonlyMap<string, ChannelBinding>): ChannelBinding[] {
    const due = this.#due;
    this.#due = new Map();
    const channels: ChannelBinding[] = [];
    for (const [channel, number] of due) {
      const binding = bindings.get(channel);
      if (binding === undefined || !this.#isNew(channel, number)) continue;
      this.#recorded.set(channel, number);
      if (STATEDUMP_SITE_LIST.some((site) => binding.wants(site))) channels.push(binding);
    }
    return channels;
  }

  /** Forgets the channels of a daemon that is gone: its successor numbers channels anew. */
  forget(slot: number): void {
    for (const channel of this.#recorded.keys()) if (channel.startsWith(`${slot}:`)) this.#recorded.delete(channel);
  }

  #isNew(channel: string, number: number): boolean {
    return number > (this.#recorded.get(channel) ?? 0);
  }
}
