import { closeSync } from 'node:fs';
import { describeError, errnoOf, RINGTAIL_VERSION, RingtailError } from '@ringtail/base';
import type { PeerCredentials, Posix, Watch } from '@ringtail/posix';
import {
  APP_FRAME_BYTES_MAX,
  checkAppMessage,
  FrameDecoder,
  type RegisterMessage,
  ShapeError,
  type UnableMessage,
} from '@ringtail/protocol';
import type { Log } from '../../../log/log.ts';
import type { PeerLog } from '../../../log/peer-log.ts';
import type { DescriptorQuarantine } from '../../../peers/descriptor-quarantine.ts';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';
import type { BegunFrame } from '../../../shares/begun-frames.ts';
import { REGISTER_FRAME_BYTES_MAX, REGISTER_TIMEOUT_MS } from '../../../shares/limits.ts';
import type { Shares } from '../../../shares/shares.ts';
import { AppAnswers } from './app-answers.ts';
import { ReceivedDescriptors } from './received-descriptors.ts';
import type { ApplicationConnection, Register, RegisteredApplication, RegisterUnable } from './registration.ts';

export interface AppConnectionOptions {
  readonly posix: Posix;
  /** Belongs to the connection. */
  readonly descriptor: number;
  readonly peer: PeerCredentials;
  readonly register: Register;
  readonly registerUnable: RegisterUnable;
  /** Called if a thread that asked to be recorded is refused; the name is known once it has asked. */
  readonly onRefused: (why: string, program: string | undefined) => void;
  readonly shares: Pick<Shares, 'turns' | 'appBytes' | 'appFrames'>;
  readonly log: PeerLog;
  readonly quarantine: DescriptorQuarantine;
  readonly onClosed: () => void;
}

const READ_BYTES = 64 * 1024;
/** Read size if the user's share has no room for a begun frame of a whole read. */
const SHORT_READ_BYTES = 4096;
/** Time for which one application may read in a turn; a frame is finished in any case. */
const READ_MS_PER_TURN = 2;
/** Limits of a drain: more than a socket holds. */
const READS_PER_DRAIN = 256;
const BYTES_PER_DRAIN = 512 * 1024;

/** Shared by all connections: the decoder keeps copies. */
const readBuffer = Buffer.alloc(READ_BYTES);

/**
 * The connection of one thread of an application.
 *
 * The peer may send anything: bytes outside the protocol end the connection, with the reason as the last answer.
 * Everything that it sends is bounded, and each of its descriptors is either passed on or closed.
 */
export class AppConnection {
  readonly #options: AppConnectionOptions;
  /** Undefined while the connection waits for room. */
  #watch: Watch | undefined;
  /** Whether a turn to read is requested. */
  #isQueued = false;
  readonly #decoder = new FrameDecoder(REGISTER_FRAME_BYTES_MAX);
  readonly #frame: BegunFrame;
  readonly #registerTimer: NodeJS.Timeout;
  readonly #descriptors: ReceivedDescriptors;
  readonly #answers: AppAnswers;
  #application: RegisteredApplication | undefined;
  /** Program of a thread that has asked to be recorded. */
  #program: string | undefined;
  #isRegistered = false;
  /** Called at the end of a thread that cannot be recorded. */
  #onUnableEnded: (() => void) | undefined;
  #bytesRead = 0;
  #isClosing = false;
  #closed = false;

  constructor(options: AppConnectionOptions) {
    this.#options = options;
    const { posix, descriptor, peer, quarantine, shares } = options;
    this.#watch = this.#watched();
    this.#descriptors = new ReceivedDescriptors(quarantine, peer.uid);
    this.#answers = new AppAnswers({
      posix,
      descriptor,
      uid: peer.uid,
      pool: shares.appBytes,
      onUnread: (why) => this.#close(why),
      onPeerGone: (error) =>
        this.#log('unsent answers').debug(`${this.#name()}: an answer could not be sent: ${describeError(error)}`),
    });
    this.#frame = shares.appFrames.open({
      uid: peer.uid,
      onRoom: () => this.#goOn(),
      onLate: (why) => this.#close(new PeerRefusal('BAD_MESSAGE', why)),
    });
    this.#registerTimer = setTimeout(() => this.#close('it has not registered'), REGISTER_TIMEOUT_MS);
  }

  get uid(): number {
    return this.#options.peer.uid;
  }

  /** Reads everything that the peer has sent so far: at the end of a session, rings may be in flight. */
  drain(): void {
    const end = this.#bytesRead + BYTES_PER_DRAIN;
    for (let count = 0; count < READS_PER_DRAIN && this.#bytesRead < end && this.#readOnce(); count++);
  }

  close(): void {
    this.#close('the daemon ends');
  }

  #watched(): Watch {
    return this.#options.posix.watch(this.#options.descriptor, () => this.#requestTurn());
  }

  #requestTurn(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#options.shares.turns.request(this.#options.peer.uid, () => {
      this.#isQueued = false;
      this.#readTurn();
    });
  }

  /** Stops reading until there is room for the begun frame. */
  #pause(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #goOn(): void {
    this.#watch = this.#watched();
    this.#requestTurn();
  }

  #readTurn(): void {
    const endMs = performance.now() + READ_MS_PER_TURN;
    do if (!this.#readOnce()) return;
    while (performance.now() < endMs);
    // The event loop stops watching a socket with a pending error, even if bytes are waiting before it.
    this.#requestTurn();
  }

  /** Returns false if there is nothing more to read now, or ever. */
  #readOnce(): boolean {
    if (this.#closed || this.#watch === undefined) return false;
    const { posix, descriptor } = this.#options;
    try {
      this.#options.quarantine.refuseFull(this.#options.peer.uid);
      const received = posix.receiveWithFds(descriptor, this.#freeBuffer());
      if (received === null) return false;
      this.#bytesRead += received.bytes;
      this.#descriptors.add(received.fds);
      if (received.fdsRefused) throw new PeerRefusal('BAD_MESSAGE', 'more descriptors came than there is room for');
      if (received.bytes === 0) {
        this.#close(undefined);
        return false;
      }
      const messages = this.#decoder.push(readBuffer.subarray(0, received.bytes));
      for (const message of messages) this.#handle(message);
      this.#descriptors.check(this.#decoder.pendingBytes > 0);
      if (this.#closed) return false;
      const { begunBytes } = this.#decoder;
      if (!this.#frame.received(begunBytes, messages.length > 0)) this.#pause();
      return true;
    } catch (error) {
      // A peer that ends without reading its last answer resets the connection: an end like any other.
      this.#close(errnoOf(error) === 'ECONNRESET' ? undefined : error);
      return false;
    }
  }

  #freeBuffer(): Buffer {
    const { peer, shares } = this.#options;
    return shares.appFrames.hasRoomFor(peer.uid, READ_BYTES) ? readBuffer : readBuffer.subarray(0, SHORT_READ_BYTES);
  }

  #handle(message: unknown): void {
    if (this.#closed) return;
    const checked = checkAppMessage(message);
    if (checked.type === 'register') {
      this.#register(checked);
      return;
    }
    if (checked.type === 'unable') {
      this.#registerUnable(checked);
      return;
    }
    if (this.#application === undefined) throw new PeerRefusal('BAD_MESSAGE', 'the first message must be register');
    switch (checked.type) {
      case 'declare':
        this.#answers.reply(this.#application.declare(checked));
        break;
      case 'ring':
        this.#application.ring(checked, this.#descriptors.take());
        break;
      case 'trouble':
        this.#application.trouble(checked);
        break;
      case 'wrong-value':
        this.#application.wrongValue(checked);
        break;
      case 'tracepoints':
        this.#application.tracepoints(checked);
        break;
      case 'trigger-matched':
        this.#application.triggerMatched(checked);
        break;
      case 'counters':
        this.#application.counters(checked);
        break;
      case 'alive':
        this.#application.alive(checked);
        break;
      case 'program':
        this.#application.program(checked);
        break;
      case 'goodbye':
        this.#application.goodbye(checked);
        break;
      default:
        checked satisfies never;
    }
  }

  #register(message: RegisterMessage): void {
    this.#refuseSecond();
    this.#program = message.program;
    const { posix, descriptor, register, peer } = this.#options;
    const connection: ApplicationConnection = {
      disconnect: (why) => this.#close(why),
      // Before that it waits for the answer to its registration alone, and then reads its control file.
      look: (turn = 0) => {
        if (this.#isRegistered) this.#answers.send({ type: 'look', turn });
      },
      openProcess: () => posix.openPeerProcess(descriptor),
    };
    this.#application = register(peer, message, this.#descriptors.take(), connection);
    this.#registered();
    const registered = { type: 'registered', daemonVersion: RINGTAIL_VERSION } as const;
    const { informed } = this.#application;
    this.#isRegistered = informed === undefined;
    this.#answers.reply(
      informed?.then(() => {
        this.#isRegistered = true;
        return registered;
      }) ?? registered,
    );
  }

  #registerUnable(message: UnableMessage): void {
    this.#refuseSecond();
    this.#onUnableEnded = this.#options.registerUnable(this.#options.peer, message);
    this.#registered();
  }

  #registered(): void {
    clearTimeout(this.#registerTimer);
    this.#decoder.bytesMax = APP_FRAME_BYTES_MAX;
  }

  #refuseSecond(): void {
    if (this.#application === undefined && this.#onUnableEnded === undefined) return;
    throw new PeerRefusal('BAD_MESSAGE', 'a thread registers once');
  }

  /** @param why undefined if the peer has ended the connection */
  #close(why: unknown): void {
    // Reporting the reason may fail, which asks for another close.
    if (this.#closed || this.#isClosing) return;
    this.#isClosing = true;
    if (why !== undefined) {
      const reason = typeof why === 'string' ? why : describeError(why);
      this.#log('disconnected applications').warn(`${this.#name()}: disconnected: ${reason}`);
      // A defect of the daemon also ends this connection rather than the daemon; the log shows it as a defect.
      if (why instanceof Error && !(why instanceof RingtailError)) this.#log('failures').error(why.stack ?? reason);
      this.#sendRefusal(why, reason);
      if (this.#wantsToBeRecorded(why)) this.#options.onRefused(reason, this.#program);
    }
    this.#closed = true;
    clearTimeout(this.#registerTimer);
    this.#answers.close();
    this.#frame.release();
    this.#watch?.close();
    this.#descriptors.closeAll();
    closeSync(this.#options.descriptor);
    this.#application?.ended();
    this.#onUnableEnded?.();
    this.#options.onClosed();
  }

  /**
   * Any program may connect. A registration marks a tracer, even if its version differs or the daemon fails to register
   * it.
   */
  #wantsToBeRecorded(refusal: unknown): boolean {
    if (this.#application !== undefined) return true;
    if (refusal instanceof PeerRefusal || refusal instanceof ShapeError) return refusal.code === 'PROTOCOL_VERSION';
    return this.#program !== undefined;
  }

  #sendRefusal(why: unknown, message: string): void {
    if (typeof why === 'string') return;
    const code = why instanceof PeerRefusal || why instanceof ShapeError ? why.code : 'BAD_MESSAGE';
    this.#answers.send({ type: 'refused', code, message });
  }

  #log(about: string): Log {
    return this.#options.log.of(this.#options.peer.uid, about);
  }

  #name(): string {
    const { pid, uid } = this.#options.peer;
    return `application ${pid} of user ${uid}`;
  }
}
