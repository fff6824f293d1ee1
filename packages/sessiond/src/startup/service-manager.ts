import { describeError } from '@ringtail/base';
import type { Posix } from '@ringtail/posix';
import type { Log } from '../log/log.ts';

/**
 * Reports the daemon's state to systemd by the protocol of `sd_notify`: lines of `NAME=value` in one datagram.
 *
 * Without a service manager nothing is sent. A report that cannot be sent costs a line in the log.
 *
 * @see sd_notify(3)
 */
export class ServiceManager {
  readonly #posix: Posix;
  readonly #address: string | undefined;
  readonly #log: Log;

  /** @param address value of `NOTIFY_SOCKET`, which must not reach the processes that the daemon starts. */
  constructor(posix: Posix, address: string | undefined, log: Log) {
    this.#posix = posix;
    this.#address = address === undefined || address === '' ? undefined : address;
    this.#log = log;
  }

  ready(status: string): void {
    this.#send(['READY=1', `STATUS=${status}`]);
  }

  stopping(status: string): void {
    this.#send(['STOPPING=1', `STATUS=${status}`]);
  }

  #send(lines: readonly string[]): void {
    if (this.#address === undefined) return;
    try {
      this.#posix.sendDatagram(this.#address, Buffer.from(lines.map((line) => line.replace(/\n/g, ' ')).join('\n')));
    } catch (error) {
      this.#log.warn(`the service manager could not be told: ${describeError(error)}`);
    }
  }
}
