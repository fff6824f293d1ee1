import { AF_UNIX, MsgFlag, SOCK_CLOEXEC, SOCK_DGRAM } from '../constants.ts';
import type { Libc } from '../libc.ts';
import { posixError } from '../posix-error.ts';
import { abstractAddress, unixAddress } from './socket-address.ts';

export interface DatagramCalls {
  /**
   * Sends one datagram to a Unix socket, without waiting: a path, or `@` and the name of an abstract socket.
   *
   * @throws {PosixError} `ECONNREFUSED`, `ENOENT`, `EAGAIN` where the receiver's queue is full, …
   */
  sendDatagram(address: string, bytes: Uint8Array): void;
}

export function datagramCalls(libc: Libc): DatagramCalls {
  return {
    sendDatagram(name, bytes) {
      const address = name.startsWith('@') ? abstractAddress('connect', name.slice(1)) : unixAddress('connect', name);
      const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (fd < 0) throw posixError('socket', libc.errno());
      try {
        if (libc.connect(fd, address, address.length) < 0) throw posixError('connect', libc.errno(), name);
        if (libc.send(fd, bytes, bytes.length, MsgFlag.NOSIGNAL | MsgFlag.DONTWAIT) < 0) {
          throw posixError('send', libc.errno(), name);
        }
      } finally {
        libc.close(fd);
      }
    },
  };
}
