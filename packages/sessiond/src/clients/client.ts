import type { Notification } from '@ringtail/protocol';
import type { Owner } from '../model/session.ts';

/** Who gives a command: the user at the other end of a connection, as the kernel says. */
export interface Client extends Owner {
  /**
   * Sends a notification, between the answers.
   *
   * @returns false where the client does not read what it is sent: the notification is left out.
   */
  notify(notification: Notification): boolean;
  /** Calls back, once, when the connection has ended. */
  onClosed(callback: () => void): void;
}
