import type { DesiredTrigger } from '@ringtail/protocol';

/** What changed of a feed. A trigger that came and went meanwhile is among those that are removed. */
export interface FeedNews {
  readonly removed: readonly number[];
  /** JSON of `DesiredTrigger`. */
  readonly added: readonly string[];
}

/** Changes that are kept for those who have not been told yet. */
const CHANGES_KEPT = 4096;

/**
 * What threads of one user with one slot are to look for, and what changed of it since when: whoever publishes a trigger more or
 * less among ten thousand has nothing to do with the others.
 */
export class TriggerFeed {
  /** JSON of `DesiredTrigger` by key. */
  readonly #texts = new Map<number, string>();
  /** Keys by who holds them. */
  readonly #held = new Map<number, readonly number[]>();
  /** Keys of what came or went, the newest last. */
  #changes: number[] = [];
  #version = 0;
  #bytes = 0;

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** Of all texts. */
  get bytes(): number {
    return this.#bytes;
  }

  /** JSON of each `DesiredTrigger`, in the order in which they came. */
  texts(): Iterable<string> {
    return this.#texts.values();
  }

  /** @param holder key of the trigger that these stand for, in place of those before */
  put(holder: number, triggers: readonly DesiredTrigger[]): void {
    const keys = triggers.map(({ key }) => key);
    for (const key of this.#held.get(holder) ?? []) if (!keys.includes(key)) this.#change(key, undefined);
    for (const trigger of triggers) if (!this.#texts.has(trigger.key)) this.#change(trigger.key, trigger);
    if (keys.length > 0) this.#held.set(holder, keys);
    else this.#held.delete(holder);
  }

  /** What changed since that version; undefined if that is not known any more. */
  since(version: number): FeedNews | undefined {
    const count = this.#version - version;
    if (count > this.#changes.length) return undefined;
    const removed: number[] = [];
    const added: string[] = [];
    for (const key of new Set(count === 0 ? [] : this.#changes.slice(-count))) {
      const text = this.#texts.get(key);
      if (text === undefined) removed.push(key);
      else added.push(text);
    }
    return { removed, added };
  }

  #change(key: number, trigger: DesiredTrigger | undefined): void {
    this.#bytes -= Buffer.byteLength(this.#texts.get(key) ?? '');
    if (trigger === undefined) this.#texts.delete(key);
    else {
      const text = JSON.stringify(trigger);
      this.#texts.set(key, text);
      this.#bytes += Buffer.byteLength(text);
    }
    this.#version++;
    this.#changes.push(key);
    if (this.#changes.length > 2 * CHANGES_KEPT) this.#changes = this.#changes.slice(-CHANGES_KEPT);
  }
}
