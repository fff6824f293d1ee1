import { CONTROL_COUNTERS_OFFSET } from '@ringtail/protocol';
import type { CountingThread } from '../counters/thread-counters.ts';
import type { ApplicationProcess } from '../session.ts';
import { processOf } from './threads.test.support.ts';

/** A thread whose control file is a table of counters. */
export class FakeCountingThread implements CountingThread {
  readonly uid: number;
  readonly slot: number;
  readonly process: ApplicationProcess;
  readonly #counters = new Map<number, number>();

  constructor(uid: number, slot = 0, process = processOf()) {
    this.uid = uid;
    this.slot = slot;
    this.process = process;
  }

  set(index: number, value: number): void {
    this.#counters.set(index, value);
  }

  read(bytes: Buffer, position: number): void {
    bytes.fill(0);
    for (const [index, value] of this.#counters) {
      const at = CONTROL_COUNTERS_OFFSET + index * 8 - position;
      if (at >= 0 && at + 8 <= bytes.length) bytes.writeDoubleLE(value, at);
    }
  }
}
