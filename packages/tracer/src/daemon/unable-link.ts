import { connect, Socket } from 'node:net';
import type { Posix } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, encodeFrame, type UnableMessage } from '@ringtail/protocol';

/** How long a send may wait for a daemon that does not read. */
const SEND_TIMEOUT_MS = 500;

/**
 * The connection of a thread that cannot be recorded, by which a session daemon knows why. It holds nothing up and keeps nothing alive.
 *
 * Without system calls of our own it is made in the next turn of the event loop.
 */
export class UnableLink {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A connection that is being made keeps the process for this one turn, so that the message goes out.
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.resume();
  }

  /** Only says why, for a program that has no descriptor to spare. @throws {PosixError} where the daemon cannot be reached */
  static tell(posix: Posix, socketPath: string, message: UnableMessage): void {
    posix.closeFd(connected(posix, socketPath, message));
  }

  /** @throws {PosixError} where the daemon cannot be reached */
  static connect(posix: Posix | undefined, socketPath: string, message: UnableMessage): UnableLink {
    if (posix === undefined) {
      const link = new UnableLink(connect(socketPath));
      link.#socket.write(frameOf(message));
      return link;
    }
    return new UnableLink(new Socket({ fd: connected(posix, socketPath, message), readable: true, writable: true }));
  }

  onEnd(listener: () => void): void {
    this.#socket.once('close', listener);
  }
}

/** Connects and says why. */
function connected(posix: Posix, socketPath: string, message: UnableMessage): number {
  const fd = posix.connectUnix(socketPath, SEND_TIMEOUT_MS);
  try {
    posix.sendWithFd(fd, frameOf(message), null, SEND_TIMEOUT_MS);
    return fd;
  } catch (error) {
    posix.closeFd(fd);
    throw error;
  }
}

function frameOf(message: UnableMessage): Buffer {
  return encodeFrame(message, APP_FRAME_BYTES_MAX);
}
