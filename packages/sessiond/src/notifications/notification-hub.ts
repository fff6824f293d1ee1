import type { Notification } from '@ringtail/protocol';
import type { Client } from '../model/client.ts';

const RETRY_MS = 250;

/** A client that gets notifications. */
interface Subscriber {
  readonly client: Client;
  /** Number of notifications dropped since it last read. */
  dropped: number;
  retry: NodeJS.Timeout | undefined;
}

/**
 * Sends notifications to clients. A client that does not read misses some, and gets their number as soon as it reads
 * again: the daemon does not wait for it.
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

  /** @param uid user to whom the news belongs: only this user and root get it */
  publish(notification: Notification, uid: number): void {
    for (const subscriber of this.#subscribers.values()) {
      if (subscriber.client.uid !== 0 && subscriber.client.uid !== uid) continue;
      if (this.#caughtUp(subscriber) && subscriber.client.notify(notification)) continue;
      subscriber.dropped++;
      subscriber.retry ??= this.#later(subscriber);
    }
  }

  /** Reports dropped notifications first, so that all stay in order. False if the client still does not read. */
  #caughtUp(subscriber: Subscriber): boolean {
    if (subscriber.dropped === 0) return true;
    if (!subscriber.client.notify({ kind: 'dropped', count: subscriber.dropped })) return false;
    subscriber.dropped = 0;
    return true;
  }

  /** The count is reported even if no other notification follows. */
  #later(subscriber: Subscriber): NodeJS.Timeout {
    const timer = setTimeout(() => {
      subscriber.retry = this.#caughtUp(subscriber) ? undefined : this.#later(subscriber);
    }, RETRY_MS);
    timer.unref();
    return timer;
  }
}
