import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { subscribeAll } from '../../channels.ts';
import { identifiers } from '../../identifiers.ts';

/** A request that an HTTP/1 server of the program answers. */
export interface ServerRequest {
  readonly id: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: ServerConnection;
  /** Whether the connection has carried a request before. */
  readonly isOnReusedConnection: boolean;
}

/** Is told about requests. */
export interface RequestFollower {
  /** A request has arrived, and the program has not seen it. */
  begun(request: ServerRequest): void;
  /**
   * The response was handed to the operating system, or (`isAborted`) the connection was closed before.
   *
   * @param bytesWritten by the connection since the former end of a request
   */
  ended(request: ServerRequest, isAborted: boolean, bytesWritten: number): void;
}

/** The message of the channels `http.server.request.start` and `http.server.response.finish`. */
interface ServerMessage extends Pick<ServerRequest, 'request' | 'response'> {
  readonly socket: Socket;
}

/** A connection that has carried a request. What its requests share is read once: Node.js computes it each time. */
export class ServerConnection {
  readonly peer: string;
  readonly peerPort: number;
  /** Requests without an end, in the order of their arrival: clients need not wait for responses. */
  readonly open: ServerRequest[] = [];
  readonly #socket: Socket;
  #written: number;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = socket.remoteAddress ?? '';
    this.peerPort = socket.remotePort ?? 0;
    this.#written = socket.bytesWritten;
  }

  /** Bytes that the connection has written since the last call, or since its first request. */
  takeWritten(): number {
    const before = this.#written;
    this.#written = this.#socket.bytesWritten;
    return Math.max(0, this.#written - before);
  }

  /** Removes the request from those without an end. @returns undefined if it is not among them */
  take(response: ServerResponse): ServerRequest | undefined {
    // Almost always it is the first. Taking any other one makes an array.
    const first = this.open[0];
    if (first?.response === response) return this.open.shift();
    const index = this.open.findIndex((request) => request.response === response);
    return index < 0 ? undefined : this.open.splice(index, 1)[0];
  }
}

/** The open requests of this thread's HTTP/1 servers, known while there is a follower. */
export class ServerRequests {
  readonly #nextId = identifiers();
  /** Another array after each change: it may change while it is walked. */
  #followers: readonly RequestFollower[] = [];
  readonly #connections = new Map<Socket, ServerConnection>();
  readonly #closed: (this: Socket) => void;
  readonly #watchRouters: () => () => void;
  #unsubscribe: (() => void) | undefined;
  /** The request that followers are being told of. */
  #beginning: ServerRequest | undefined;

  /** @param watchRouters is called when the first follower comes, and its result when the last one has gone */
  constructor(watchRouters: () => () => void) {
    this.#watchRouters = watchRouters;
    const close = (socket: Socket) => this.#close(socket);
    this.#closed = function closed() {
      close(this);
    };
  }

  /**
   * Follows the requests from now on. A follower that is added at the begin of a request is told of this request too.
   *
   * @param order of followers that begin: `contexts` are set before `events` are recorded
   * @returns a function that ends following
   */
  follow(order: 'contexts' | 'events', follower: RequestFollower): () => void {
    this.#followers = order === 'contexts' ? [follower, ...this.#followers] : [...this.#followers, follower];
    this.#unsubscribe ??= this.#subscribe();
    if (this.#beginning !== undefined) follower.begun(this.#beginning);
    return () => this.#unfollow(follower);
  }

  #subscribe(): () => void {
    const unsubscribe = subscribeAll({
      'http.server.request.start': (message: ServerMessage) => this.#begin(message),
      'http.server.response.finish': ({ response, socket }: ServerMessage) => this.#finish(socket, response),
    });
    const endRouters = this.#watchRouters();
    return () => {
      unsubscribe();
      endRouters();
    };
  }

  #unfollow(follower: RequestFollower): void {
    this.#followers = this.#followers.filter((other) => other !== follower);
    if (this.#followers.length > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const socket of this.#connections.keys()) socket.removeListener('close', this.#closed);
    this.#connections.clear();
  }

  #begin({ request, response, socket }: ServerMessage): void {
    let connection = this.#connections.get(socket);
    const isOnReusedConnection = connection !== undefined;
    if (connection === undefined) {
      connection = new ServerConnection(socket);
      this.#connections.set(socket, connection);
      socket.once('close', this.#closed);
    }
    const begun = { id: this.#nextId(), request, response, connection, isOnReusedConnection };
    connection.open.push(begun);
    this.#beginning = begun;
    for (const follower of this.#followers) follower.begun(begun);
    this.#beginning = undefined;
  }

  #finish(socket: Socket, response: ServerResponse): void {
    const request = this.#connections.get(socket)?.take(response);
    if (request !== undefined) this.#end(request, false);
  }

  #close(socket: Socket): void {
    const open = this.#connections.get(socket)?.open ?? [];
    this.#connections.delete(socket);
    for (const request of open) this.#end(request, true);
  }

  #end(request: ServerRequest, isAborted: boolean): void {
    const bytesWritten = request.connection.takeWritten();
    for (const follower of this.#followers) follower.ended(request, isAborted, bytesWritten);
  }
}
