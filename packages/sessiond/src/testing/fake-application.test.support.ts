import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { loadPosix, Memfd, type Posix, Seal } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  APP_PROTOCOL_VERSION,
  type AppReply,
  CONTROL_ABI_VERSION,
  CONTROL_FILE_BYTES,
  CONTROL_MAGIC,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  type ControlText,
  type ControlTextKind,
  controlTextOffset,
  type DaemonMessage,
  type DesiredState,
  decodeSlotWords,
  encodeFrame,
  FrameDecoder,
  type JsonValue,
  type RegisterMessage,
} from '@ringtail/protocol';
import { desiredStateIn } from './desired-state.test.support.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
export const posix: Posix = loaded.posix;

const SEND_TIMEOUT_MS = 5000;

export const REGISTER: RegisterMessage = {
  type: 'register',
  protocol: APP_PROTOCOL_VERSION,
  tracerVersion: '0.1.0',
  runtime: 'Node.js test',
  pid: process.pid,
  tid: process.pid,
  ppid: process.ppid,
  procname: 'fake',
  program: 'fake.js',
  mainThread: true,
  slot: 0,
};

/** A memfd of that size with those seals, `text` at its beginning. The caller closes it. */
export function memfd(bytes: number, seals: number, text = ''): number {
  const descriptor = posix.memfdCreate('ringtail-test', Memfd.ALLOW_SEALING);
  ftruncateSync(descriptor, bytes);
  if (text !== '') writeSync(descriptor, text, 0, 'latin1');
  posix.addSeals(descriptor, seals);
  return descriptor;
}

function controlFile(): number {
  const descriptor = memfd(CONTROL_FILE_BYTES, Seal.SHRINK | Seal.GROW);
  const words = Buffer.alloc(8);
  words.writeUInt32LE(CONTROL_MAGIC, ControlPage.MAGIC);
  words.writeUInt32LE(CONTROL_ABI_VERSION, ControlPage.ABI_VERSION);
  writeSync(descriptor, words, 0, words.length, 0);
  return descriptor;
}

/** One thread of an application, as far as the session daemon can see. What it sends may be anything. */
export class FakeApplication {
  readonly socket: number;
  readonly control: number;
  readonly #decoder = new FrameDecoder(APP_FRAME_BYTES_MAX);
  readonly #replies: AppReply[] = [];
  #closed = false;

  constructor(socketPath: string) {
    this.socket = posix.connectUnix(socketPath, SEND_TIMEOUT_MS);
    this.control = controlFile();
  }

  /** Connects, registers and waits for the answer. */
  static async registered(socketPath: string, more: Partial<RegisterMessage> = {}): Promise<FakeApplication> {
    const application = new FakeApplication(socketPath);
    application.send({ ...REGISTER, ...more }, application.control);
    const reply = await application.reply();
    if (reply?.type !== 'registered') throw new Error(`not registered: ${JSON.stringify(reply)}`);
    return application;
  }

  send(message: unknown, descriptor: number | null = null): void {
    this.sendBytes(encodeFrame(message, 2 ** 30), descriptor);
  }

  sendBytes(bytes: Uint8Array, descriptor: number | null = null): void {
    posix.sendWithFd(this.socket, bytes, descriptor, SEND_TIMEOUT_MS);
  }

  sendRing(channel: number, bytes: number, text = ''): void {
    const descriptor = memfd(bytes, Seal.SHRINK | Seal.GROW, text);
    this.send({ type: 'ring', channel, bytes }, descriptor);
    posix.closeFd(descriptor);
  }

  /** The identifiers of these events, or the daemon's refusal. */
  async declare(channel: number, ...events: readonly JsonValue[]): Promise<AppReply | undefined> {
    this.send({ type: 'declare', channel, events });
    for (;;) {
      const reply = (await this.reply()) as DaemonMessage | undefined;
      if (reply?.type !== 'look') return reply;
    }
  }

  /** The next answer; undefined once the daemon has closed the connection. */
  async reply(): Promise<AppReply | undefined> {
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) return reply;
      const received = await this.#receive(buffer);
      if (received === 0) return undefined;
      this.#replies.push(...(this.#decoder.push(buffer.subarray(0, received)) as AppReply[]));
    }
  }

  /** The state that the daemon has published in a slot. */
  state(slot = 0): DesiredState | undefined {
    const words = Buffer.alloc(CONTROL_SLOT_WORDS_BYTES);
    readSync(this.control, words, 0, words.length, ControlPage.SLOTS + slot * ControlPage.SLOT_BYTES);
    const { channels, triggers } = decodeSlotWords(words);
    if (channels.number === 0) return undefined;
    const textOf = (kind: ControlTextKind, text: ControlText) => {
      const bytes = Buffer.alloc(text.length);
      readSync(this.control, bytes, 0, text.length, controlTextOffset(slot, kind, text));
      return bytes.toString();
    };
    return desiredStateIn(textOf('channels', channels), textOf('triggers', triggers));
  }

  /** Ends as a process ends that is killed: nothing is said. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    posix.closeFd(this.socket);
    posix.closeFd(this.control);
  }

  /** Bytes received; 0 at the end, which a reset is too. */
  #receive(buffer: Buffer): Promise<number> {
    return new Promise((resolve) => {
      const watch = posix.watch(this.socket, () => {
        watch.close();
        try {
          resolve(posix.receive(this.socket, buffer, 0));
        } catch {
          resolve(0);
        }
      });
    });
  }
}
