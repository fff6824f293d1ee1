import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoOf } from '@ringtail/base';
import { ConsumerError } from '../consumer-error.ts';

/** FIFO through which producers wake the consumer. The bytes have no meaning. */
export class WakeFifo {
  readonly #socket: Socket;

  private constructor(descriptor: number, onWake: () => void) {
    this.#socket = new Socket({ fd: descriptor, readable: true, writable: false });
    this.#socket.on('data', onWake);
    // Reading a FIFO that we hold open ourselves cannot fail or end. If it does, rings are still drained once a second.
    this.#socket.on('error', () => this.#socket.destroy());
  }

  /**
   * Opens the FIFO at `path`, and makes it if it is absent. It is opened for writing as well, so that it never ends.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED` if something else is in its place
   */
  static open(path: string, makeFifo: (path: string) => void, onWake: () => void): WakeFifo {
    const descriptor = openOrMake(path, makeFifo);
    const stats = fstatSync(descriptor);
    if (!stats.isFIFO() || stats.uid !== process.geteuid?.()) {
      closeSync(descriptor);
      throw new ConsumerError('DIRECTORY_REFUSED', `${path} is not a FIFO of this user`);
    }
    return new WakeFifo(descriptor, onWake);
  }

  close(): void {
    this.#socket.destroy();
  }
}

function openOrMake(path: string, makeFifo: (path: string) => void): number {
  const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  try {
    return openSync(path, flags);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  makeFifo(path);
  return openSync(path, flags);
}
