import { connect, Socket } from 'node:net';
import type { Posix } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, encodeFrame, type UnableMessage } from '@ringtail/protocol';

/** Limit for a send to a daemon that does not read. */
const SEND_TIMEOUT_MS = 500;

/**
 * The connection of a thread that cannot be traced, which gives a session daemon the reason. It does not keep the
 * program alive.
 *
 * Where the system calls of `posix` are missing, Node.js makes the connection in the next turn of the event loop.
 */
export class UnableLink {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Node.js keeps the process alive until the connection is made, so that the message is sent.
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.resume();
  }

  /**
   * Sends the message and closes, for a program without a descriptor to spare.
   *
   * @throws {PosixError} if the daemon cannot be reached
   */
  static sendOnce(posix: Posix, socketPath: string, message: UnableMessage): void {
    posix.closeFd(connected(posix, socketPath, message));
  }

  /** @throws {PosixError} if the daemon cannot be reached */
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

/** Connects and sends the message. @returns the descriptor */
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
