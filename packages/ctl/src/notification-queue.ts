import type { Notification } from '@ringtail/protocol';

/** Notifications that wait for a slow reader. The queue drops and counts further ones. */
export const NOTIFICATIONS_WAITING_MAX = 1000;

/** Notifications for one reader, in order. */
export class NotificationQueue implements AsyncIterableIterator<Notification> {
  readonly #waiting: Notification[] = [];
  readonly #readers: ((result: IteratorResult<Notification>) => void)[] = [];
  readonly #onReturn: () => void;
  #dropped = 0;
  #ended = false;

  /** @param onReturn called when the reader stops */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(notification: Notification): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) reader({ done: false, value: notification });
    else if (this.#waiting.length < NOTIFICATIONS_WAITING_MAX && this.#dropped === 0) this.#waiting.push(notification);
    else this.#dropped += 1;
  }

  /** Ends the queue. Its reader still gets the notifications that wait. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Notification>> {
    const notification = this.#waiting.shift() ?? this.#takeDropped();
    if (notification !== undefined) return Promise.resolve({ done: false, value: notification });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<Notification>> {
    this.#onReturn();
    this.#waiting.length = 0;
    this.#dropped = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeDropped(): Notification | undefined {
    if (this.#dropped === 0) return undefined;
    const count = this.#dropped;
    this.#dropped = 0;
    return { kind: 'dropped', count };
  }
}
