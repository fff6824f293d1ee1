import { constants } from 'node:fs';
import { closeSync, openSync, writeSync } from '../host/files.ts';

const WAKE_BYTE = Buffer.from([1]);

/**
 * Wakes the consumer through its FIFO. Never throws.
 *
 * The FIFO is opened for each wake: a number that is kept may be that of a file of the application by then.
 */
export function wakeConsumer(fifo: string): void {
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(fd, WAKE_BYTE);
    } finally {
      closeSync(fd);
    }
  } catch {
    // No consumer runs at the moment, or its FIFO is full of wakes already. It reads the rings by itself once a second.
  }
}
