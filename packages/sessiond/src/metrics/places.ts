/** A connection, which reports its own end. */
export interface Closable {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

interface Place {
  deadline: NodeJS.Timeout;
  isBusy: boolean;
}

/**
 * Places for connections, each for a bounded time. If all are taken, the oldest idle connection is closed, so that idle
 * connections keep no other connection out.
 */
export class Places<Connection extends Closable> {
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #places = new Map<Connection, Place>();

  constructor(max: number, timeoutMs: number) {
    this.#max = max;
    this.#timeoutMs = timeoutMs;
  }

  add(connection: Connection): void {
    if (this.#places.size >= this.#max) {
      const oldest = [...this.#places].find(([, { isBusy }]) => !isBusy)?.[0] ?? connection;
      oldest.destroy();
      this.#leave(oldest);
      if (oldest === connection) return;
    }
    this.#places.set(connection, { deadline: this.#deadline(connection), isBusy: false });
    connection.once('close', () => this.#leave(connection));
  }

  /** Keeps a connection's place while its request is being carried out. */
  async during<T>(connection: Connection, work: Promise<T>): Promise<T> {
    const place = this.#places.get(connection);
    if (place === undefined) return await work;
    clearTimeout(place.deadline);
    place.isBusy = true;
    try {
      return await work;
    } finally {
      place.isBusy = false;
      if (this.#places.has(connection)) place.deadline = this.#deadline(connection);
    }
  }

  closeAll(): void {
    for (const connection of this.#places.keys()) connection.destroy();
  }

  #deadline(connection: Connection): NodeJS.Timeout {
    return setTimeout(() => connection.destroy(), this.#timeoutMs);
  }

  #leave(connection: Connection): void {
    clearTimeout(this.#places.get(connection)?.deadline);
    this.#places.delete(connection);
  }
}
