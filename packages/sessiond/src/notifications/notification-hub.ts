import type { Notification } from '@ringtail/protocol';
import type { Client } from '../clients/client.ts';

const RETRY_MS = 250;

/** A client that is told of what happens. */
interface Subscriber {
  readonly client: Client;
  /** What could not be sent since it last read. */
  dropped: number;
  retry: NodeJS.Timeout | undefined;
}

/**
 * Tells clients of what happens. One that does not read misses notifications, and is told how many as soon as it reads
 * again; nobody waits for it.
 */
export class NotificationHub {
  readonly #subscribers = new Map<Client, Subscriber>();

  subscribe(client: Client): void {
    if (this.#subscribers.has(client)) return;
    const subscriber: Subscriber = { client, dropped: 0, retry: undefined };
    this.#subscribers.set(client, subscriber);
    client.onClosed(() => {
      clearTimeout(subscriber.retry);
      this.#subscribers.delete(client);
    });
  }

  /** @param uid to whom it belongs: others than this user and root are not told. */
  publish(notification: Notification, uid: number): void {
    for (const subscriber of this.#subscribers.values()) {
      if (subscriber.client.uid !== 0 && subscriber.client.uid !== uid) continue;
      if (this.#caughtUp(subscriber) && subscriber.client.notify(notification)) continue;
      subscriber.dropped++;
      subscriber.retry ??= this.#later(subscriber);
    }
  }

  /** False while it has not been told what it missed: what it gets stays in order. */
  #caughtUp(subscriber: Subscriber): boolean {
    if (subscriber.dropped === 0) return true;
    if (!subscriber.client.notify({ kind: 'dropped', count: subscriber.dropped })) return false;
    subscriber.dropped = 0;
    return true;
  }

  /** Nothing more may happen that would be an occasion to tell it. */
  #later(subscriber: Subscriber): NodeJS.Timeout {
    const timer = setTimeout(() => {
      subscriber.retry = this.#caughtUp(subscriber) ? undefined : this.#later(subscriber);
    }, RETRY_MS);
    timer.unref();
    return timer;
  }
}
