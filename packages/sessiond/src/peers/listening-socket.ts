import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix, Watch } from '@ringtail/posix';
import type { PeerLog } from '../log/peer-log.ts';
import type { ConnectionRate } from '../shares/connection-rate.ts';

export interface ListeningSocketOptions {
  readonly posix: Posix;
  readonly path: string;
  readonly mode: number;
  /** Plural noun of what connects, in the log. */
  readonly of: string;
  readonly rate: ConnectionRate;
  /** The descriptor belongs to the receiver. */
  readonly onConnection: (descriptor: number, peer: PeerCredentials) => void;
  readonly log: PeerLog;
}

/**
 * Connections that wait to be accepted. While it is full, clients have to try again; the longer it is, the longer one of them
 * waits behind those of a user who connects without end.
 */
const BACKLOG = 511;
/** How long connections may be accepted before others have their turn, and at least how many. */
const ACCEPT_MS_PER_TURN = 5;
const ACCEPTS_PER_TURN = 64;
/** How long to leave the queue alone when there are no descriptors left to accept with. */
const EXHAUSTED_PAUSE_MS = 500;

/** A Unix socket at which users connect, who are known as the kernel says. One who connects too often is cut off at once. */
export class ListeningSocket {
  readonly #options: ListeningSocketOptions;
  #descriptor: number;
  #watch: Watch | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(options: ListeningSocketOptions) {
    this.#options = options;
    this.#descriptor = this.#bind();
    this.#listen();
  }

  /** Takes connections at a new socket, where the file of the old one is gone. */
  listenAgain(): void {
    const fresh = this.#bind();
    this.close();
    this.#descriptor = fresh;
    this.#listen();
  }

  close(): void {
    this.#watch?.close();
    clearTimeout(this.#pause);
    closeSync(this.#descriptor);
  }

  acceptAll(): void {
    const endMs = performance.now() + ACCEPT_MS_PER_TURN;
    for (let count = 0; count < ACCEPTS_PER_TURN || performance.now() < endMs; count++) {
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

  #bind(): number {
    const { posix, path, mode } = this.#options;
    return posix.listenUnix(path, mode, BACKLOG);
  }

  #listen(): void {
    this.#watch = this.#options.posix.watch(this.#descriptor, () => this.acceptAll());
  }

  /** The queue stays readable while nothing can be accepted: watching it on would be a busy loop. */
  #pauseAccepting(why: string): void {
    const { log, of } = this.#options;
    log.of(undefined, 'connections').error(`no ${of} can connect for the moment: ${why}`);
    this.#watch?.close();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#listen(), EXHAUSTED_PAUSE_MS);
  }

  #connected(descriptor: number): void {
    const { posix, rate, of, onConnection, log } = this.#options;
    let peer: PeerCredentials;
    try {
      peer = posix.peerCredentials(descriptor);
    } catch (error) {
      log.of(undefined, 'connections').warn(`a peer could not be identified: ${describeError(error)}`);
      closeSync(descriptor);
      return;
    }
    if (rate.take(peer.uid)) {
      onConnection(descriptor, peer);
      return;
    }
    log.of(peer.uid, 'too many connections').warn(`user ${peer.uid}: ${of} connect too often, and are cut off`);
    closeSync(descriptor);
  }
}
