import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { PeerCredentials, Posix } from '@ringtail/posix';
import { CLIENT_REPLY_BYTES_MAX, encodeFrame, FrameDecoder, requestIdOf } from '@ringtail/protocol';
import type { PeerLog } from '../log/peer-log.ts';
import { ListeningSocket } from '../peers/listening-socket.ts';
import { HELLO_FRAME_BYTES_MAX, TURNED_AWAY_MAX, TURNED_AWAY_MS } from '../shares/limits.ts';
import type { Shares } from '../shares/shares.ts';
import { ClientConnection, type ClientConnectionOptions } from './client-connection.ts';

export interface ClientServerOptions {
  readonly posix: Posix;
  readonly socketPath: string;
  /** A second socket that no other user can open; undefined: none. */
  readonly rootSocketPath: string | undefined;
  /** Whether this user may give commands. */
  readonly serves: (uid: number) => boolean;
  readonly execute: ClientConnectionOptions['execute'];
  readonly shares: Pick<Shares, 'turns' | 'clientRate' | 'clientSlots' | 'clientBytes' | 'clientFrames'>;
  readonly log: PeerLog;
}

/** Accepts the connections of clients. */
export class ClientServer {
  readonly #options: ClientServerOptions;
  readonly #sockets: readonly ListeningSocket[];
  /** Refused clients that have not sent a request yet, oldest first. */
  readonly #turnedAway = new Set<Socket>();

  constructor(options: ClientServerOptions) {
    this.#options = options;
    const { posix, socketPath, rootSocketPath, shares, log } = options;
    const listenAt = (path: string) =>
      new ListeningSocket({
        posix,
        path,
        mode: 0o600,
        of: 'clients',
        rate: shares.clientRate,
        onConnection: (descriptor, peer) => this.#connected(descriptor, peer),
        log,
      });
    this.#sockets = [socketPath, rootSocketPath].filter((path) => path !== undefined).map(listenAt);
  }

  /** Accepts connections at a new socket after the file of the old one was removed. Connections stay. */
  listenAgain(): void {
    for (const socket of this.#sockets) socket.listenAgain();
  }

  /** Accepts no more connections. Open ones end with the process, by which a client knows that it has ended. */
  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #connected(fd: number, user: PeerCredentials): void {
    const { serves, execute, shares, log } = this.#options;
    if (!serves(user.uid)) {
      log.of(user.uid, 'refused clients').warn(`user ${user.uid} may not give commands`);
      closeSync(fd);
      return;
    }
    const socket = new Socket({ fd, readable: true, writable: true });
    socket.on('error', (error) => log.of(user.uid, 'connections of clients').debug(`client: ${error.message}`));
    const connection = new ClientConnection({ socket, user, execute, shares, log });
    const refusal = shares.clientSlots.take(connection);
    if (refusal === undefined) {
      socket.once('close', () => shares.clientSlots.leave(connection));
      connection.listen();
      return;
    }
    log.of(user.uid, 'refused clients').warn(`a client of user ${user.uid} is turned away: ${refusal}`);
    this.#turnAway(socket, refusal);
  }

  /** Answers the first request with the reason: a client whose connection is closed at once would never read one. */
  #turnAway(socket: Socket, message: string): void {
    // Silent clients give way to later ones, which are more likely to read the reason.
    const [oldest] = this.#turnedAway;
    if (oldest !== undefined && this.#turnedAway.size >= TURNED_AWAY_MAX) {
      this.#turnedAway.delete(oldest);
      oldest.destroy();
    }
    this.#turnedAway.add(socket);
    const decoder = new FrameDecoder(HELLO_FRAME_BYTES_MAX);
    const answer = (id: number) => {
      socket.end(encodeFrame({ id, ok: false, code: 'SHARE_USED_UP', message }, CLIENT_REPLY_BYTES_MAX));
    };
    const timer = setTimeout(() => socket.destroy(), TURNED_AWAY_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#turnedAway.delete(socket);
    });
    socket.on('data', (chunk) => {
      if (!socket.writable) return;
      try {
        const [request] = decoder.push(chunk);
        if (request !== undefined) answer(requestIdOf(request));
      } catch {
        answer(0);
      }
    });
  }
}
