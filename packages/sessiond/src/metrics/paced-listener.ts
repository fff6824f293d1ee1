import { closeSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { descriptorOf } from '../peers/descriptor-of.ts';

const PERIOD_MS = 1000;

export interface PacedListenerOptions {
  readonly listen: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly connectionsPerSecondMax: number;
  readonly onConnection: (socket: Socket) => void;
  readonly onError: (error: Error) => void;
  /** Another descriptor of the same socket. @throws the system's error */
  readonly duplicate: (descriptor: number) => number;
}

/**
 * Listens, and accepts a bounded number of connections in a second.
 *
 * To accept and close a connection costs about as much as an answer, so a user who connects in a loop would keep the
 * process busy. Further connections stay in the kernel's queue instead, in their order. Node.js can stop accepting only
 * by closing the listening socket: a second descriptor keeps that socket, so that no other process gets the port.
 */
export class PacedListener {
  readonly #options: PacedListenerOptions;
  #server: Server | undefined;
  /** Keeps the socket while no server has it; undefined for a Unix socket, which only the daemon's user can replace. */
  #kept: number | undefined;
  #port = 0;
  #taken = 0;
  #period: NodeJS.Timeout | undefined;

  private constructor(options: PacedListenerOptions) {
    this.#options = options;
  }

  /** @throws the system's error */
  static async listen(options: PacedListenerOptions): Promise<PacedListener> {
    const listener = new PacedListener(options);
    try {
      const server = await listener.#serve(options.listen);
      if ('port' in options.listen) {
        listener.#port = (server.address() as AddressInfo).port;
        listener.#kept = options.duplicate(descriptorOf(server));
      }
      return listener;
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  /** 0 for a Unix socket. */
  get port(): number {
    return this.#port;
  }

  close(): void {
    clearTimeout(this.#period);
    this.#server?.close();
    if (this.#kept !== undefined) closeSync(this.#kept);
    this.#kept = undefined;
  }

  #serve(listen: PacedListenerOptions['listen'] | { readonly fd: number }): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
      this.#server = server;
      server.once('error', reject);
      server.listen(listen, () => {
        server.off('error', reject).on('error', this.#options.onError);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket): void {
    if (this.#taken === 0) this.#beginPeriod();
    this.#taken++;
    this.#options.onConnection(socket);
    if (this.#taken < this.#options.connectionsPerSecondMax || this.#kept === undefined) return;
    this.#server?.close();
    this.#server = undefined;
  }

  #beginPeriod(): void {
    this.#period = setTimeout(() => this.#endPeriod(), PERIOD_MS).unref();
  }

  #endPeriod(): void {
    this.#taken = 0;
    if (this.#server !== undefined || this.#kept === undefined) return;
    try {
      const fd = this.#options.duplicate(this.#kept);
      this.#serve({ fd }).catch(this.#options.onError);
    } catch (error) {
      // The daemon may have no free descriptor for the moment.
      this.#options.onError(error as Error);
      this.#beginPeriod();
    }
  }
}
