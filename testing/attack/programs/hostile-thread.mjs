// A hand-made thread of an application, in which every part can be hostile.
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { loadPosix, Memfd, runDirectoryAt, Seal } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  APP_PROTOCOL_VERSION,
  CONTROL_ABI_VERSION,
  CONTROL_FILE_BYTES,
  CONTROL_MAGIC,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  channelsIn,
  controlTextOffset,
  decodeSlotWords,
  FrameDecoder,
} from '@ringtail/protocol';
import { frameOf } from './hostile-values.mjs';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
export const { posix } = loaded;

/** A limit for hangs; an answer takes milliseconds. */
const ANSWER_MS = 120_000;
const SLOT = 0;

const buffer = Buffer.alloc(65_536);

/** A control file as the tracer makes one. */
export function soundControlFile() {
  const fd = posix.memfdCreate('control', Memfd.ALLOW_SEALING);
  ftruncateSync(fd, CONTROL_FILE_BYTES);
  posix.addSeals(fd, Seal.SHRINK | Seal.GROW | Seal.SEAL);
  const words = Buffer.alloc(8);
  words.writeUInt32LE(CONTROL_MAGIC, ControlPage.MAGIC);
  words.writeUInt32LE(CONTROL_ABI_VERSION, ControlPage.ABI_VERSION);
  writeSync(fd, words, 0, words.length, 0);
  return fd;
}

export function registration(more = {}) {
  return {
    type: 'register',
    protocol: APP_PROTOCOL_VERSION,
    tracerVersion: '0.1.0',
    runtime: 'node',
    pid: process.pid,
    tid: process.pid,
    ppid: process.ppid,
    procname: 'hostile',
    program: 'hostile.mjs',
    mainThread: true,
    slot: SLOT,
    ...more,
  };
}

/** A connection to the application socket, with blocking calls. */
export class HostileThread {
  /** The daemon's reason for ending the connection. */
  refusal;
  #socket;
  #decoder = new FrameDecoder(APP_FRAME_BYTES_MAX);
  #messages = [];
  #controlFile;

  constructor(runDirectory) {
    this.#socket = posix.connectUnix(runDirectoryAt(runDirectory).appSocket, ANSWER_MS);
  }

  get socket() {
    return this.#socket;
  }

  /** Registers as the tracer does. @returns whether the daemon has accepted it */
  register() {
    this.#controlFile = soundControlFile();
    this.send(frameOf(registration()), this.#controlFile);
    return this.answer()?.type === 'registered';
  }

  /** Sends bytes, with a descriptor if there is one. The next answer shows the daemon's reaction. */
  send(bytes, fd = null) {
    try {
      posix.sendWithFd(this.#socket, bytes, fd, ANSWER_MS);
    } catch (error) {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
    }
  }

  /**
   * The next answer, or undefined once the daemon has ended the connection.
   *
   * @throws if there is no answer, or the connection ends without a reason
   */
  answer() {
    for (;;) {
      const message = this.#messages.shift() ?? this.#receive();
      if (message === undefined) {
        if (this.refusal === undefined) throw new Error('the connection ended without a reason');
        return undefined;
      }
      if (message.type === 'refused') this.refusal = message;
      if (message.type !== 'look') return message;
    }
  }

  #receive() {
    while (this.#messages.length === 0) {
      let bytes;
      try {
        bytes = posix.receive(this.#socket, buffer, ANSWER_MS);
      } catch (error) {
        if (error.code !== 'ECONNRESET') throw error;
        bytes = 0;
      }
      if (bytes === 0) return undefined;
      this.#messages.push(...this.#decoder.push(buffer.subarray(0, bytes)));
    }
    return this.#messages.shift();
  }

  /** Channels of this thread's desired state. */
  desiredChannels() {
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    readSync(this.#controlFile, words, 0, words.length, ControlPage.SLOTS + SLOT * ControlPage.SLOT_BYTES);
    const { channels } = decodeSlotWords(words);
    const text = Buffer.alloc(channels.length);
    readSync(this.#controlFile, text, 0, text.length, controlTextOffset(SLOT, 'channels', channels));
    return channelsIn(text.toString());
  }

  close() {
    posix.closeFd(this.#socket);
    if (this.#controlFile !== undefined) posix.closeFd(this.#controlFile);
  }
}

/** Descriptors of every wrong kind. Each call opens one, and `close` closes it. */
export function wrongDescriptors(home) {
  const memfd = (bytes, seals) => {
    const fd = posix.memfdCreate('wrong', Memfd.ALLOW_SEALING);
    ftruncateSync(fd, bytes);
    if (seals !== 0) posix.addSeals(fd, seals);
    return fd;
  };
  const all = Seal.SHRINK | Seal.GROW | Seal.SEAL;
  const readOnly = (fd) => {
    const again = openSync(`/proc/self/fd/${fd}`, 'r');
    posix.closeFd(fd);
    return again;
  };
  const fifo = `${home}/fifo`;
  rmSync(fifo, { force: true });
  posix.mkfifo(fifo, 0o600);
  return [
    () => openSync('/dev/zero', 'r+'),
    () => openSync('/dev/null', 'r+'),
    () => openSync(home, 'r'),
    () => openSync(fifo, 'r+'),
    () => openSync('/proc/self/mem', 'r+'),
    () => openSync('/proc/self/status', 'r'),
    () => {
      const fd = openSync(`${home}/file`, 'w+');
      ftruncateSync(fd, CONTROL_FILE_BYTES);
      return fd;
    },
    () => memfd(0, all),
    () => memfd(4096, all),
    () => memfd(CONTROL_FILE_BYTES, 0),
    () => memfd(CONTROL_FILE_BYTES, Seal.GROW),
    () => memfd(CONTROL_FILE_BYTES, all),
    () => memfd(CONTROL_FILE_BYTES + 1, all),
    () => memfd(2 ** 40, all),
    () => readOnly(soundControlFile()),
  ];
}

export function closeDescriptor(fd) {
  closeSync(fd);
}
