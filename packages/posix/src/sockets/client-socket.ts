import { AF_UNIX, Errno, MsgFlag, SO_SNDTIMEO, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET } from '../constants.ts';
import type { Libc } from '../libc.ts';
import { posixError, refusedCall, timeoutError } from '../posix-error.ts';
import { MESSAGE_DATA_BYTES_MAX, withMessageMemory } from './message-memory.ts';
import { unixAddress } from './socket-address.ts';
import { deadlineAfter, waitUntilReady } from './wait.ts';

/**
 * Calls on a Unix stream socket for an application whose event loop does not run. Each blocks this thread for at most
 * `timeoutMs` (0: does not block; negative: without a limit), then throws `TIMEOUT`.
 */
export interface ClientSocketCalls {
  /** @returns the connected descriptor. @throws {PosixError} `ENOENT`, `ECONNREFUSED`, `EACCES`, `ENAMETOOLONG`, … */
  connectUnix(path: string, timeoutMs: number): number;
  /**
   * Sends all of `bytes`, the first together with `passFd`. After an error a part may have been sent: close the
   * connection.
   */
  sendWithFd(fd: number, bytes: Uint8Array, passFd: number | null, timeoutMs: number): void;
  /** Sends the part of `bytes` that the socket accepts now. @returns its length, maybe 0 */
  sendNow(fd: number, bytes: Uint8Array): number;
  /** Receives at least one byte. @returns the number of bytes; 0 once the peer has closed */
  receive(fd: number, buffer: Uint8Array, timeoutMs: number): number;
}

export function clientSocketCalls(libc: Libc): ClientSocketCalls {
  /** Limits how long connecting waits for a place in the listener's queue, for which there is no poll. */
  function limitConnect(fd: number, timeoutMs: number): void {
    // As a timeval, zero would mean no limit.
    const limitUs = timeoutMs < 0 ? 0 : Math.max(1, Math.round(timeoutMs * 1000));
    const timeval = Buffer.alloc(16);
    timeval.writeBigInt64LE(BigInt(Math.floor(limitUs / 1e6)), 0);
    timeval.writeBigInt64LE(BigInt(limitUs % 1e6), 8);
    if (libc.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval, timeval.length) < 0) {
      throw posixError('setsockopt(SO_SNDTIMEO)', libc.errno());
    }
  }

  function connect(fd: number, path: string, timeoutMs: number): void {
    const address = unixAddress('connect', path);
    const deadline = deadlineAfter(timeoutMs);
    do {
      limitConnect(fd, timeoutMs);
      if (libc.connect(fd, address, address.length) === 0) return;
      const errno = libc.errno();
      if (errno === Errno.EAGAIN) throw timeoutError('connect', timeoutMs, path);
      if (errno !== Errno.EINTR) throw posixError('connect', errno, path);
    } while (deadlineAfter(0) < deadline);
    throw timeoutError('connect', timeoutMs, path);
  }

  /** Sends the part that fits now, with the descriptor. @returns as `sendmsg`: -1 and errno after an error */
  function sendFirst(fd: number, bytes: Uint8Array, passFd: number): number {
    const first = bytes.subarray(0, MESSAGE_DATA_BYTES_MAX);
    return withMessageMemory(libc, first.length, (memory) => {
      memory.data.set(first);
      memory.setFd(passFd);
      return libc.sendmsg(fd, memory.address, MsgFlag.NOSIGNAL | MsgFlag.DONTWAIT);
    });
  }

  return {
    connectUnix(path, timeoutMs) {
      const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0) throw posixError('socket', libc.errno());
      try {
        connect(fd, path, timeoutMs);
        return fd;
      } catch (error) {
        libc.close(fd);
        throw error;
      }
    },

    sendWithFd(fd, bytes, passFd, timeoutMs) {
      if (passFd !== null && bytes.length === 0) {
        throw refusedCall('sendmsg', 'EINVAL', 'a descriptor needs a byte to travel with, there is none');
      }
      const deadline = deadlineAfter(timeoutMs);
      for (let sent = 0; sent < bytes.length; ) {
        const rest = bytes.subarray(sent);
        const count =
          passFd !== null && sent === 0
            ? sendFirst(fd, rest, passFd)
            : libc.send(fd, rest, rest.length, MsgFlag.NOSIGNAL | MsgFlag.DONTWAIT);
        if (count >= 0) {
          sent += count;
          continue;
        }
        const errno = libc.errno();
        if (errno === Errno.EINTR) continue;
        if (errno !== Errno.EAGAIN) throw posixError('sendmsg', errno);
        if (!waitUntilReady(libc, fd, 'out', deadline)) throw timeoutError('sendmsg', timeoutMs);
      }
    },

    sendNow(fd, bytes) {
      for (;;) {
        const count = libc.send(fd, bytes, bytes.length, MsgFlag.NOSIGNAL | MsgFlag.DONTWAIT);
        if (count >= 0) return count;
        const errno = libc.errno();
        if (errno === Errno.EAGAIN) return 0;
        if (errno !== Errno.EINTR) throw posixError('send', errno);
      }
    },

    receive(fd, buffer, timeoutMs) {
      const deadline = deadlineAfter(timeoutMs);
      for (;;) {
        const count = libc.recv(fd, buffer, buffer.length, MsgFlag.DONTWAIT);
        if (count >= 0) return count;
        const errno = libc.errno();
        if (errno === Errno.EINTR) continue;
        if (errno !== Errno.EAGAIN) throw posixError('recv', errno);
        if (!waitUntilReady(libc, fd, 'in', deadline)) throw timeoutError('recv', timeoutMs);
      }
    },
  };
}
