import { type DesiredTrigger, removalLine, triggerLine } from '@ringtail/protocol';

/** A log begins anew once it is longer than one and a half times its live lines by this much. */
const OUTDATED_BYTES = 16 * 1024;
/** Limit for long logs: the text shares an area of the control file with channels. */
const OUTDATED_BYTES_MAX = 256 * 1024;

/** The line of a trigger that is not removed. */
interface Line {
  readonly number: number;
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
  #nextLine = 1;
  /** By the keys of triggers. */
  readonly #lines = new Map<number, Line>();

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

  /** Replaces the line of a trigger. @param trigger undefined: removes it */
  put(key: number, trigger: DesiredTrigger | undefined): void {
    const former = this.#lines.get(key);
    if (former !== undefined) {
      this.#liveBytes -= former.length;
      this.#lines.delete(key);
      this.#append(Buffer.from(removalLine(former.number)));
    }
    if (trigger !== undefined) {
      const number = this.#nextLine++;
      const line = Buffer.from(triggerLine(number, trigger));
      this.#lines.set(key, { number, at: this.#length, length: line.length });
      this.#liveBytes += line.length;
      this.#append(line);
    }
    const outdated = this.#length - this.#liveBytes;
    if (outdated > Math.min(this.#liveBytes / 2 + OUTDATED_BYTES, OUTDATED_BYTES_MAX)) this.#beginAnew();
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
    for (const [key, { number, at, length }] of this.#lines) {
      this.#lines.set(key, { number, at: this.#length, length });
      this.#append(former.subarray(at, at + length));
    }
  }
}
