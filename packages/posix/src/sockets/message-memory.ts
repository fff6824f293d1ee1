/**
 * The memory of one `sendmsg` or `recvmsg`, outside the JavaScript heap, since its parts point to each other:
 *
 *   0      struct msghdr
 *   64     struct iovec
 *   128    control message: cmsghdr, then descriptors
 *   256    data
 *
 * Layout of 64-bit little-endian Linux; musl's narrower lengths read the same there.
 */

import { SCM_RIGHTS, SOL_SOCKET } from '../constants.ts';
import type { Libc } from '../libc.ts';

const MessageHeader = { IOV: 16, IOV_COUNT: 24, CONTROL: 32, CONTROL_BYTES: 40, FLAGS: 48 } as const;
const IOV_OFFSET = 64;
const CONTROL_OFFSET = 128;
const DATA_OFFSET = 256;
const ControlHeader = { BYTES: 0, LEVEL: 8, TYPE: 12, DATA: 16 } as const;
const FD_BYTES = 4;

/** Largest number of descriptors in one message. Ringtail sends at most one. */
export const MESSAGE_FD_COUNT_MAX = 8;
export const MESSAGE_DATA_BYTES_MAX = 64 * 1024;

/** Valid inside `withMessageMemory`'s callback only. */
export interface MessageMemory {
  readonly address: number;
  readonly data: Uint8Array;
  flags(): number;
  /** Puts a descriptor into the control message. */
  setFd(fd: number): void;
  /** Descriptors that the kernel has put into the control message. */
  fds(): number[];
}

/** Runs `use` with memory for one message of `dataBytes` bytes and the largest number of descriptors. */
export function withMessageMemory<T>(libc: Libc, dataBytes: number, use: (memory: MessageMemory) => T): T {
  const bytes = DATA_OFFSET + dataBytes;
  const pointer = libc.koffi.alloc('char', bytes);
  try {
    return use(layOut(Number(libc.koffi.address(pointer)), libc.koffi.view(pointer, bytes), dataBytes));
  } finally {
    libc.koffi.free(pointer);
  }
}

function layOut(address: number, buffer: ArrayBuffer, dataBytes: number): MessageMemory {
  new Uint8Array(buffer, 0, DATA_OFFSET).fill(0);
  const view = new DataView(buffer);
  const setWord = (offset: number, value: number) => view.setBigUint64(offset, BigInt(value), true);
  setWord(MessageHeader.IOV, address + IOV_OFFSET);
  setWord(MessageHeader.IOV_COUNT, 1);
  setWord(MessageHeader.CONTROL, address + CONTROL_OFFSET);
  setWord(MessageHeader.CONTROL_BYTES, ControlHeader.DATA + MESSAGE_FD_COUNT_MAX * FD_BYTES);
  setWord(IOV_OFFSET, address + DATA_OFFSET);
  setWord(IOV_OFFSET + 8, dataBytes);
  return {
    address,
    data: new Uint8Array(buffer, DATA_OFFSET, dataBytes),
    flags: () => view.getInt32(MessageHeader.FLAGS, true),

    setFd(fd) {
      // Padded to whole words (CMSG_SPACE), of which the header names the used part (CMSG_LEN).
      setWord(MessageHeader.CONTROL_BYTES, ControlHeader.DATA + 8);
      setWord(CONTROL_OFFSET + ControlHeader.BYTES, ControlHeader.DATA + FD_BYTES);
      view.setInt32(CONTROL_OFFSET + ControlHeader.LEVEL, SOL_SOCKET, true);
      view.setInt32(CONTROL_OFFSET + ControlHeader.TYPE, SCM_RIGHTS, true);
      view.setInt32(CONTROL_OFFSET + ControlHeader.DATA, fd, true);
    },

    fds() {
      const end = CONTROL_OFFSET + Number(view.getBigUint64(MessageHeader.CONTROL_BYTES, true));
      const fds: number[] = [];
      for (let at = CONTROL_OFFSET; at + ControlHeader.DATA <= end; ) {
        const messageBytes = Number(view.getBigUint64(at + ControlHeader.BYTES, true));
        if (messageBytes < ControlHeader.DATA || at + messageBytes > end) break;
        const isRights =
          view.getInt32(at + ControlHeader.LEVEL, true) === SOL_SOCKET &&
          view.getInt32(at + ControlHeader.TYPE, true) === SCM_RIGHTS;
        for (let fdAt = at + ControlHeader.DATA; isRights && fdAt + FD_BYTES <= at + messageBytes; fdAt += FD_BYTES) {
          fds.push(view.getInt32(fdAt, true));
        }
        at += Math.ceil(messageBytes / 8) * 8;
      }
      return fds;
    },
  };
}
