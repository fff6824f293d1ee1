import { DaemonError } from './daemon-error.ts';
import { DESIRED_STATE_BYTES_MAX } from './limits.ts';

/** Whatever sessions and triggers ask of applications has to fit into a control file, all of it at once. */
export class DesiredStateBudget {
  readonly #reserved = new Map<object, number>();
  #total = 0;

  /** @param holder session or trigger. @throws {DaemonError} `TOO_MANY` */
  reserve(holder: object, bytes: number): void {
    if (this.#total + bytes > DESIRED_STATE_BYTES_MAX) {
      throw new DaemonError(
        'TOO_MANY',
        `the rules of all sessions and triggers together would be longer than ${DESIRED_STATE_BYTES_MAX} bytes, which is all that applications can be told: remove some first`,
      );
    }
    this.#total += bytes;
    this.#reserved.set(holder, (this.#reserved.get(holder) ?? 0) + bytes);
  }

  /** Gives back all that this one has. */
  release(holder: object): void {
    this.#total -= this.#reserved.get(holder) ?? 0;
    this.#reserved.delete(holder);
  }
}
