/** A connection, which reports its own end. */
export interface Closable {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

interface Slot {
  deadline: NodeJS.Timeout;
  isBusy: boolean;
}

/**
 * Slots for connections, each for a bounded time. If all are taken, the oldest idle connection is closed, so that idle
 * connections keep no other connection out.
 */
export class ConnectionSlots<Connection extends Closable> {
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #slots = new Map<Connection, Slot>();

  constructor(max: number, timeoutMs: number) {
    this.#max = max;
    this.#timeoutMs = timeoutMs;
  }

  add(connection: Connection): void {
    if (this.#slots.size >= this.#max) {
      const oldest = [...this.#slots].find(([, { isBusy }]) => !isBusy)?.[0] ?? connection;
      oldest.destroy();
      this.#leave(oldest);
      if (oldest === connection) return;
    }
    this.#slots.set(connection, { deadline: this.#deadline(connection), isBusy: false });
    connection.once('close', () => this.#leave(connection));
  }

  /** Keeps a connection's slot while its request is being carried out. */
  async during<T>(connection: Connection, work: Promise<T>): Promise<T> {
    const slot = this.#slots.get(connection);
    if (slot === undefined) return await work;
    clearTimeout(slot.deadline);
    slot.isBusy = true;
    try {
      return await work;
    } finally {
      slot.isBusy = false;
      if (this.#slots.has(connection)) slot.deadline = this.#deadline(connection);
    }
  }

  closeAll(): void {
    for (const connection of this.#slots.keys()) connection.destroy();
  }

  #deadline(connection: Connection): NodeJS.Timeout {
    return setTimeout(() => connection.destroy(), this.#timeoutMs);
  }

  #leave(connection: Connection): void {
    clearTimeout(this.#slots.get(connection)?.deadline);
    this.#slots.delete(connection);
  }
}
