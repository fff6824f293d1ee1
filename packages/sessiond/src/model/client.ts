import type { Notification } from '@ringtail/protocol';
import type { Owner } from './owner.ts';

/** The user at the other end of a connection, as the kernel identifies them. */
export interface Client extends Owner {
  /**
   * Sends a notification between answers.
   *
   * @returns false if the client does not read: the notification is dropped
   */
  notify(notification: Notification): boolean;
  /** Calls back, once, when the connection has ended. */
  onClosed(callback: () => void): void;
}
