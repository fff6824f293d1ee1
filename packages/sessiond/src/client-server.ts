import { createServer, type Server, type Socket } from 'node:net';
import { describeError } from '@ringtail/base';
import { CLIENT_REPLY_BYTES_MAX, clientRequestIdOf, encodeFrame, FrameDecoder } from '@ringtail/protocol';
import { ClientConnection, type ClientConnectionOptions } from './client-connection.ts';
import { HELLO_FRAME_BYTES_MAX, TURNED_AWAY_MAX, TURNED_AWAY_MS } from './limits.ts';
import type { PeerLog } from './peer-log.ts';
import type { Owner } from './session.ts';
import type { Shares } from './shares/shares.ts';

export interface ClientServerOptions {
  readonly socketPath: string;
  /** @throws where the peer cannot be identified. */
  readonly credentialsOf: (socket: Socket) => Owner;
  /** Whether this user may give commands. */
  readonly serves: (uid: number) => boolean;
  readonly execute: (...request: Parameters<ClientConnectionOptions['execute']>) => Promise<unknown>;
  readonly shares: Pick<Shares, 'turns' | 'clientPlaces' | 'clientBytes' | 'clientFrames'>;
  readonly log: PeerLog;
}

/** As long as the system allows: a client that finds the queue full is turned away without a reason. */
const BACKLOG = 4096;

/** Takes the connections of clients. */
export class ClientServer {
  readonly #options: ClientServerOptions;
  readonly #server: Server;
  #turnedAway = 0;

  constructor(options: ClientServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  /** The socket gets its mode from the process's umask. */
  listen(): Promise<void> {
    this.#server.removeAllListeners('error');
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ path: this.#options.socketPath, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        // A connection that cannot be accepted, for want of descriptors, is its client's to try again.
        this.#server.on('error', (error) =>
          this.#options.log.of(undefined, 'connections of clients').error(`clients: ${error.message}`),
        );
        resolve();
      });
    });
  }

  /** The same once the socket's file is gone. Connections stay. */
  listenAgain(): Promise<void> {
    this.#server.close();
    return this.listen();
  }

  /** Takes no more connections. Those there are end with the process, by which a client knows that it has ended. */
  close(): void {
    this.#server.close();
  }

  #connected(socket: Socket): void {
    const { credentialsOf, serves, execute, shares, log } = this.#options;
    socket.on('error', (error) => log.of(user?.uid, 'connections of clients').debug(`client: ${error.message}`));
    let user: Owner | undefined;
    try {
      user = credentialsOf(socket);
    } catch (error) {
      log.of(undefined, 'connections of clients').warn(`a client could not be identified: ${describeError(error)}`);
    }
    if (user === undefined || !serves(user.uid)) {
      log.of(user?.uid, 'refused clients').warn(`user ${user?.uid ?? 'unknown'} may not give commands`);
      socket.destroy();
      return;
    }
    const connection = new ClientConnection({ socket, user, execute, shares, log });
    const refusal = shares.clientPlaces.take(connection);
    if (refusal === undefined) {
      socket.once('close', () => shares.clientPlaces.leave(connection));
      connection.listen();
      return;
    }
    log.of(user.uid, 'refused clients').warn(`a client of user ${user.uid} is turned away: ${refusal}`);
    this.#turnAway(socket, refusal);
  }

  /** Answers the first request with the reason: a client that is cut off before never reads one. */
  #turnAway(socket: Socket, message: string): void {
    if (this.#turnedAway >= TURNED_AWAY_MAX) {
      socket.destroy();
      return;
    }
    this.#turnedAway++;
    const decoder = new FrameDecoder(HELLO_FRAME_BYTES_MAX);
    const answer = (id: number) => {
      socket.end(encodeFrame({ id, ok: false, code: 'SHARE_USED_UP', message }, CLIENT_REPLY_BYTES_MAX));
    };
    const timer = setTimeout(() => socket.destroy(), TURNED_AWAY_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#turnedAway--;
    });
    socket.on('data', (chunk) => {
      if (!socket.writable) return;
      try {
        const [request] = decoder.push(chunk);
        if (request !== undefined) answer(clientRequestIdOf(request));
      } catch {
        answer(0);
      }
    });
  }
}
