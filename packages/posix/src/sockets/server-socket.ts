import { fchmodSync } from 'node:fs';
import {
  AF_UNIX,
  Errno,
  MsgFlag,
  SO_PEERCRED,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../constants.ts';
import { changeEntry } from '../directories/change-entry.ts';
import type { Libc } from '../libc.ts';
import { posixError } from '../posix-error.ts';
import { MESSAGE_DATA_BYTES_MAX, withMessageMemory } from './message-memory.ts';
import { unixAddress } from './socket-address.ts';

/** Credentials of the peer, as the kernel noted them at `connect`. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface ReceivedMessage {
  /** Bytes put into the buffer; 0 once the peer has closed. */
  readonly bytes: number;
  /** Received descriptors, close-on-exec. They belong to the caller. */
  readonly fds: readonly number[];
  /** True if some descriptors were not received: the message, or this process, has too many. */
  readonly fdsRefused: boolean;
}

/** A Unix stream socket as a daemon uses it: nothing blocks, null says "nothing now". */
export interface ServerSocketCalls {
  /** A listening socket at `path`, with exactly this mode. @throws {PosixError} `EADDRINUSE`, `ENAMETOOLONG`, … */
  listenUnix(path: string, mode: number, backlog: number): number;
  /** @returns the descriptor of a connection, non-blocking, close-on-exec. @throws {PosixError} `EMFILE`, … */
  accept(fd: number): number | null;
  /** Receives bytes and descriptors. A read never goes beyond the bytes that a descriptor came with. */
  receiveWithFds(fd: number, buffer: Uint8Array): ReceivedMessage | null;
  peerCredentials(fd: number): PeerCredentials;
  /** Two connected sockets, close-on-exec, that belong to the caller. @throws {PosixError} `EMFILE`, … */
  socketPair(): readonly [number, number];
}

export function serverSocketCalls(libc: Libc): ServerSocketCalls {
  function bindAndListen(fd: number, path: string, mode: number, backlog: number): void {
    const address = unixAddress('bind', path);
    // Linux gives the file the socket's mode less the umask, so at no moment is it wider than asked for.
    fchmodSync(fd, mode);
    if (libc.bind(fd, address, address.length) < 0) throw posixError('bind', libc.errno(), path);
    changeEntry(path, { mode });
    if (libc.listen(fd, backlog) < 0) throw posixError('listen', libc.errno(), path);
  }

  return {
    listenUnix(path, mode, backlog) {
      const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      if (fd < 0) throw posixError('socket', libc.errno());
      try {
        bindAndListen(fd, path, mode, backlog);
        return fd;
      } catch (error) {
        libc.close(fd);
        throw error;
      }
    },

    socketPair() {
      const fds = Buffer.alloc(8);
      if (libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        throw posixError('socketpair', libc.errno());
      return [fds.readInt32LE(0), fds.readInt32LE(4)];
    },

    accept(fd) {
      for (;;) {
        const connection = libc.accept4(fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection >= 0) return connection;
        const errno = libc.errno();
        if (errno === Errno.EAGAIN) return null;
        // The peer has given up, or a signal came: accept the next in the queue.
        if (errno !== Errno.ECONNABORTED && errno !== Errno.EINTR) throw posixError('accept4', errno);
      }
    },

    receiveWithFds(fd, buffer) {
      return withMessageMemory(libc, Math.min(buffer.length, MESSAGE_DATA_BYTES_MAX), (memory) => {
        let bytes: number;
        do bytes = libc.recvmsg(fd, memory.address, MsgFlag.DONTWAIT | MsgFlag.CMSG_CLOEXEC);
        while (bytes < 0 && libc.errno() === Errno.EINTR);
        if (bytes < 0) {
          const errno = libc.errno();
          if (errno === Errno.EAGAIN) return null;
          throw posixError('recvmsg', errno);
        }
        buffer.set(memory.data.subarray(0, bytes));
        const fds = memory.fds();
        const fdsRefused = (memory.flags() & MsgFlag.CTRUNC) !== 0;
        return { bytes, fds, fdsRefused };
      });
    },

    peerCredentials(fd) {
      const credentials = Buffer.alloc(12);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(credentials.length);
      if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) < 0) {
        throw posixError('getsockopt(SO_PEERCRED)', libc.errno());
      }
      return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4), gid: credentials.readUInt32LE(8) };
    },
  };
}
