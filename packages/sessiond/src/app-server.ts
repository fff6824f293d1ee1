import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix, Watch } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, encodeFrame, type RefusedReply } from '@ringtail/protocol';
import { AppConnection, type Register, type RegisterUnable } from './app-connection.ts';
import type { PeerLog } from './peer-log.ts';
import type { Shares } from './shares/shares.ts';

export interface AppServerOptions {
  readonly posix: Posix;
  readonly socketPath: string;
  readonly mode: number;
  readonly shares: Pick<Shares, 'turns' | 'drains' | 'appConnections' | 'appBytes' | 'appFrames'>;
  /** Whether applications of this user are served. */
  readonly serves: (uid: number) => boolean;
  readonly register: Register;
  readonly registerUnable: RegisterUnable;
  /** An application that is served is not recorded, for the reason given. */
  readonly onRefused: (peer: PeerCredentials, why: string) => void;
  /** An application that is served finds no place. */
  readonly onShareUsedUp: (peer: PeerCredentials, share: string) => void;
  readonly log: PeerLog;
}

const BACKLOG = 511;
const ACCEPTS_PER_TURN = 64;
/** How long to leave the queue alone when there are no descriptors left to accept with. */
const EXHAUSTED_PAUSE_MS = 500;

/** Takes the connections of applications. */
export class AppServer {
  readonly #options: AppServerOptions;
  readonly #connections = new Set<AppConnection>();
  #descriptor: number;
  #watch: Watch | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(options: AppServerOptions) {
    this.#options = options;
    this.#descriptor = this.#bind();
    this.#listen();
  }

  /** Takes connections at a new socket, where the file of the old one is gone. Connections stay. */
  listenAgain(): void {
    const fresh = this.#bind();
    this.#watch?.close();
    clearTimeout(this.#pause);
    closeSync(this.#descriptor);
    this.#descriptor = fresh;
    this.#listen();
  }

  /** Reads what all applications have sent so far, as far as the time of their users allows. */
  drain(): void {
    const { drains } = this.#options.shares;
    this.#acceptAll();
    drains.forgetIdle();
    const unread = new Map<number, number>();
    for (const connection of [...this.#connections]) {
      const { uid } = connection;
      if (!drains.spend(uid, () => connection.drain())) unread.set(uid, (unread.get(uid) ?? 0) + 1);
    }
    for (const [uid, count] of unread) {
      this.#options.log
        .of(uid, 'messages that were under way')
        .warn(`user ${uid}: ${count} applications were not waited for: the applications of this user send too much`);
    }
  }

  close(): void {
    this.#watch?.close();
    clearTimeout(this.#pause);
    closeSync(this.#descriptor);
    for (const connection of [...this.#connections]) connection.close();
  }

  #bind(): number {
    const { posix, socketPath, mode } = this.#options;
    return posix.listenUnix(socketPath, mode, BACKLOG);
  }

  #listen(): void {
    this.#watch = this.#options.posix.watch(this.#descriptor, () => this.#acceptAll());
  }

  #acceptAll(): void {
    for (let count = 0; count < ACCEPTS_PER_TURN; count++) {
      let descriptor: number | null;
      try {
        descriptor = this.#options.posix.accept(this.#descriptor);
      } catch (error) {
        this.#pauseAccepting(describeError(error));
        return;
      }
      if (descriptor === null) return;
      this.#connected(descriptor);
    }
  }

  /** The queue stays readable while nobody can accept: watching it on would be a busy loop. */
  #pauseAccepting(why: string): void {
    this.#options.log.of(undefined, 'connections').error(`no application can connect for the moment: ${why}`);
    this.#watch?.close();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#listen(), EXHAUSTED_PAUSE_MS);
  }

  #connected(descriptor: number): void {
    const { posix, serves, shares, register, registerUnable, onRefused, onShareUsedUp, log } = this.#options;
    let peer: PeerCredentials;
    try {
      peer = posix.peerCredentials(descriptor);
    } catch (error) {
      log.of(undefined, 'connections').warn(`a peer could not be identified: ${describeError(error)}`);
      closeSync(descriptor);
      return;
    }
    if (!serves(peer.uid)) {
      this.#turnAway(descriptor, peer, 'NOT_PERMITTED', 'this session daemon does not serve your user');
      return;
    }
    const why = shares.appConnections.take(peer.uid, 1);
    if (why !== undefined) {
      this.#turnAway(descriptor, peer, 'SHARE_USED_UP', why);
      onShareUsedUp(peer, shares.appConnections.nameShare(peer.uid));
      return;
    }
    try {
      const connection: AppConnection = new AppConnection({
        posix,
        descriptor,
        peer,
        register,
        registerUnable,
        onRefused: (why) => onRefused(peer, why),
        shares,
        log,
        onClosed: () => {
          this.#connections.delete(connection);
          shares.appConnections.give(peer.uid, 1);
        },
      });
      this.#connections.add(connection);
    } catch (error) {
      log
        .of(peer.uid, 'connections')
        .error(`the connection of application ${peer.pid} cannot be watched: ${describeError(error)}`);
      shares.appConnections.give(peer.uid, 1);
      closeSync(descriptor);
    }
  }

  #turnAway(descriptor: number, { pid, uid }: PeerCredentials, code: RefusedReply['code'], message: string): void {
    this.#options.log
      .of(uid, 'refused applications')
      .warn(`application ${pid} of user ${uid} is turned away: ${message}`);
    const reply: RefusedReply = { type: 'refused', code, message };
    try {
      this.#options.posix.writeNonBlocking(descriptor, encodeFrame(reply, APP_FRAME_BYTES_MAX));
    } catch {
      // It has gone already.
    } finally {
      closeSync(descriptor);
    }
  }
}
