import { type DesiredTrigger, removalLine, triggerLine } from '@ringtail/protocol';

/** A log begins anew once it is longer than one and a half times its live lines by this much. */
const OUTDATED_BYTES = 16 * 1024;
/** Limit for long logs: the text shares an area of the control file with channels. */
const OUTDATED_BYTES_MAX = 256 * 1024;

/** A line of a trigger that is not removed. */
interface Line {
  readonly at: number;
  readonly length: number;
}

/**
 * The triggers that threads of one user with one slot evaluate, as the text of their control files: lines that add and
 * remove triggers. So one more trigger among a thousand is one more line, for the daemon and for each thread.
 */
export class TriggerLog {
  #number = 1;
  #buffer = Buffer.alloc(1024);
  #length = 0;
  #liveBytes = 0;
  /** By the keys of triggers. */
  readonly #lines = new Map<number, Line>();
  /** Keys of desired triggers, by their holders. */
  readonly #held = new Map<number, readonly number[]>();

  /** Another number for each log that does not continue the former one. */
  get number(): number {
    return this.#number;
  }

  get length(): number {
    return this.#length;
  }

  /** The log as it is now. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @param holder key of the trigger whose earlier entries are replaced */
  put(holder: number, triggers: readonly DesiredTrigger[]): void {
    const keys = triggers.map(({ key }) => key);
    for (const key of this.#held.get(holder) ?? []) if (!keys.includes(key)) this.#remove(key);
    for (const trigger of triggers) if (!this.#lines.has(trigger.key)) this.#add(trigger);
    if (keys.length > 0) this.#held.set(holder, keys);
    else this.#held.delete(holder);
    const outdated = this.#length - this.#liveBytes;
    if (outdated > Math.min(this.#liveBytes / 2 + OUTDATED_BYTES, OUTDATED_BYTES_MAX)) this.#beginAnew();
  }

  #add(trigger: DesiredTrigger): void {
    const at = this.#length;
    this.#append(Buffer.from(triggerLine(trigger)));
    this.#lines.set(trigger.key, { at, length: this.#length - at });
    this.#liveBytes += this.#length - at;
  }

  #remove(key: number): void {
    this.#liveBytes -= this.#lines.get(key)?.length ?? 0;
    this.#lines.delete(key);
    this.#append(Buffer.from(removalLine(key)));
  }

  #append(line: Buffer): void {
    if (this.#length + line.length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.ceil(1.25 * (this.#length + line.length)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    line.copy(this.#buffer, this.#length);
    this.#length += line.length;
  }

  /** Keeps the live lines only, under another number. */
  #beginAnew(): void {
    const former = this.#buffer;
    this.#buffer = Buffer.alloc(this.#liveBytes + OUTDATED_BYTES);
    this.#length = 0;
    this.#number += 1;
    for (const [key, { at, length }] of this.#lines) {
      this.#lines.set(key, { at: this.#length, length });
      this.#append(former.subarray(at, at + length));
    }
  }
}
