import { CONTROL_COUNTERS_OFFSET } from '@ringtail/protocol';
import type { ApplicationProcess } from '../model/application-process.ts';
import type { CountingThread } from '../triggers/counters/thread-counters.ts';
import { processOf } from './threads.test.support.ts';

/** A thread whose control file is a table of words. */
export class FakeCountingThread implements CountingThread {
  readonly uid: number;
  readonly slot: number;
  readonly process: ApplicationProcess;
  readonly #words = new Map<number, number>();

  constructor(uid: number, slot = 0, process = processOf()) {
    this.uid = uid;
    this.slot = slot;
    this.process = process;
  }

  /** Sets a counter. */
  set(index: number, value: number): void {
    this.#words.set(CONTROL_COUNTERS_OFFSET + index * 8, value);
  }

  read(bytes: Buffer, position: number): void {
    bytes.fill(0);
    for (const [of, value] of this.#words) {
      const at = of - position;
      if (at >= 0 && at + 8 <= bytes.length) bytes.writeDoubleLE(value, at);
    }
  }
}
