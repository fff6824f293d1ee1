import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** A subscriber of a diagnostics channel. Its message has the fields that Node.js documents for the channel. */
// biome-ignore lint/suspicious/noExplicitAny: each channel has its own message
type Subscriber = (message: any) => void;

/**
 * Subscribes to diagnostics channels.
 *
 * Node.js reports an error of a subscriber as an uncaught exception of the program. So each subscriber runs within
 * `try`, and the first error ends its subscription.
 *
 * @returns a function that ends all subscriptions
 */
export function subscribeAll(subscribers: Readonly<Record<string, Subscriber>>): () => void {
  const ends = Object.entries(subscribers).map(([name, subscriber]) => {
    const guarded = (message: unknown) => {
      try {
        subscriber(message);
      } catch {
        unsubscribe(name, guarded);
      }
    };
    subscribe(name, guarded);
    return () => unsubscribe(name, guarded);
  });
  return () => {
    for (const end of ends) end();
  };
}
