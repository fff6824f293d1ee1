/** A fake session daemon for an application: it accepts registrations, publishes desired states, and notes messages. */
import { closeSync, mkdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadPosix, type Posix, runDirectoryAt } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  type AppMessage,
  CONTROL_COUNTERS_OFFSET,
  CONTROL_SLOT_WORDS_BYTES,
  ControlPage,
  type ControlText,
  type ControlTextKind,
  channelsText,
  checkAppMessage,
  controlTextOffset,
  type DesiredTrigger,
  encodeFrame,
  encodeSlotWords,
  FrameDecoder,
  triggerLine,
} from '@ringtail/protocol';
import { onTestFinished } from 'vitest';
import type { Sandbox } from './harness.ts';

const POLL_MS = 2;

/** One thread that has registered. */
export class FakeRegistration {
  readonly messages: AppMessage[] = [];
  pid = 0;
  isOpen = true;
  /** A daemon that does not read. */
  isDeaf = false;
  readonly #posix: Posix;
  readonly #socket: number;
  readonly #decoder = new FrameDecoder(APP_FRAME_BYTES_MAX);
  readonly #chunk = new Uint8Array(65_536);
  readonly #onRegistered: (registration: FakeRegistration) => void;
  #control: number | undefined;

  constructor(posix: Posix, socket: number, onRegistered: (registration: FakeRegistration) => void) {
    this.#posix = posix;
    this.#socket = socket;
    this.#onRegistered = onRegistered;
  }

  of<T extends AppMessage['type']>(type: T): Extract<AppMessage, { type: T }>[] {
    return this.messages.filter((message) => message.type === type) as Extract<AppMessage, { type: T }>[];
  }

  publish(triggers: readonly DesiredTrigger[]): void {
    const control = this.#control as number;
    const page = Buffer.alloc(4);
    readSync(control, page, 0, page.length, ControlPage.GENERATION);
    const generation = page.readUInt32LE(0) + 2;
    const area = (generation / 2) % 2;
    const write = (kind: ControlTextKind, text: string): ControlText => {
      const place = { length: Buffer.byteLength(text), area };
      writeSync(control, text, controlTextOffset(0, kind, place));
      return { number: generation, ...place };
    };
    const channels = write('channels', channelsText([]));
    const words = {
      generation,
      channels,
      triggers: write('triggers', triggers.map((trigger) => triggerLine(trigger.key, trigger)).join('')),
    };
    writeSync(control, encodeSlotWords(words), 0, CONTROL_SLOT_WORDS_BYTES, ControlPage.SLOTS);
    page.writeUInt32LE(generation, 0);
    writeSync(control, page, 0, page.length, ControlPage.GENERATION);
  }

  counter(index: number): number {
    const word = Buffer.alloc(8);
    readSync(this.#control as number, word, 0, word.length, CONTROL_COUNTERS_OFFSET + index * 8);
    return word.readDoubleLE(0);
  }

  send(message: unknown): void {
    this.#posix.sendWithFd(this.#socket, encodeFrame(message, APP_FRAME_BYTES_MAX), null, 1000);
  }

  poll(): void {
    while (this.isOpen && !this.isDeaf) {
      const received = this.#posix.receiveWithFds(this.#socket, this.#chunk);
      if (received === null) return;
      if (received.bytes === 0) this.close();
      for (const fd of received.fds) {
        if (this.#control === undefined) this.#control = fd;
        else closeSync(fd);
      }
      for (const json of this.#decoder.push(this.#chunk.subarray(0, received.bytes))) {
        const message = checkAppMessage(json);
        this.messages.push(message);
        if (message.type !== 'register') continue;
        this.pid = message.pid;
        this.#onRegistered(this);
      }
    }
  }

  /** Received messages remain; counters can no longer be read. */
  close(): void {
    if (this.isOpen) this.#posix.closeFd(this.#socket);
    this.isOpen = false;
  }

  release(): void {
    this.close();
    if (this.#control !== undefined) closeSync(this.#control);
    this.#control = undefined;
  }
}

export class FakeSessionDaemon {
  /** In the order in which they registered. */
  readonly registrations: FakeRegistration[] = [];
  readonly env: Sandbox['env'];

  /** Publishes the triggers to every thread that registers. */
  constructor({ directory }: Sandbox, triggers: readonly DesiredTrigger[]) {
    const { posix } = loadPosix() as { posix: Posix };
    const run = runDirectoryAt(join(directory, 'fake-run'));
    mkdirSync(run.path, { mode: 0o700 });
    this.env = { RINGTAIL_RUNDIR: run.path };
    const listener = posix.listenUnix(run.appSocket, 0o600, 64);
    const timer = setInterval(() => {
      for (let socket = posix.accept(listener); socket !== null; socket = posix.accept(listener)) {
        this.registrations.push(
          new FakeRegistration(posix, socket, (registration) => {
            registration.publish(triggers);
            registration.send({ type: 'registered', daemonVersion: 'fake' });
          }),
        );
      }
      for (const registration of this.registrations) registration.poll();
    }, POLL_MS);
    onTestFinished(() => {
      clearInterval(timer);
      for (const registration of this.registrations) registration.release();
      posix.closeFd(listener);
    });
  }

  /** Messages of all threads. */
  of<T extends AppMessage['type']>(type: T): Extract<AppMessage, { type: T }>[] {
    return this.registrations.flatMap((registration) => registration.of(type));
  }

  /** All reports of a trigger, merged. */
  told(trigger: number): { messages: number; matches: number; discarded: number; captures: readonly unknown[] } {
    const messages = this.of('trigger-matched').filter((message) => message.trigger === trigger);
    return {
      messages: messages.length,
      matches: messages.reduce((sum, { matches }) => sum + matches, 0),
      discarded: messages.reduce((sum, { discarded }) => sum + discarded, 0),
      captures: messages.at(-1)?.captures ?? [],
    };
  }
}
