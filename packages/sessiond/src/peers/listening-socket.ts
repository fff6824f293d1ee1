import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix, Watch } from '@ringtail/posix';
import type { PeerLog } from '../log/peer-log.ts';
import type { ConnectionRate } from '../shares/connection-rate.ts';

export interface ListeningSocketOptions {
  readonly posix: Posix;
  readonly path: string;
  readonly mode: number;
  /** Plural noun for the peers, in the log. */
  readonly of: string;
  readonly rate: ConnectionRate;
  /** The descriptor belongs to the receiver. */
  readonly onConnection: (descriptor: number, peer: PeerCredentials) => void;
  readonly log: PeerLog;
}

/**
 * Connections that wait to be accepted. While the queue is full, peers have to try again; behind the connections of a
 * user who connects without end, a longer queue means a longer wait.
 */
const BACKLOG = 511;
/** Time and least number of connections accepted in one turn. */
const ACCEPT_MS_PER_TURN = 5;
const ACCEPTS_PER_TURN = 64;
/** Pause after the daemon ran out of descriptors. */
const EXHAUSTED_PAUSE_MS = 500;

/** A Unix socket for users whom the kernel identifies. Connections above a user's rate are closed at once. */
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

  /** Accepts connections at a new socket after the file of the old one was removed. */
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

  /** Without descriptors the queue stays readable: watching it would be a busy loop. */
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
