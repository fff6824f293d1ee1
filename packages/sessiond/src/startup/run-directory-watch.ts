import { lstatSync } from 'node:fs';
import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { Log } from '../log/log.ts';

const PERIOD_MS = 5000;

export interface RunDirectoryWatchOptions {
  /** The socket by which clients reach the daemon; it exists. */
  readonly socketPath: string;
  /** Whether a session records, or a trigger waits for events. */
  readonly isInUse: () => boolean;
  /** Makes the directory and its sockets again. */
  readonly restore: () => Promise<void>;
  /** Ends the daemon. */
  readonly stop: (why: string) => void;
  readonly timers: Pick<Timers, 'after'>;
  readonly log: Log;
}

/**
 * Keeps the daemon reachable. If its run directory was removed, a daemon that records nothing ends; a daemon that
 * records makes its sockets again.
 */
export class RunDirectoryWatch {
  readonly #options: RunDirectoryWatchOptions;
  #socket: string | undefined;
  #reported = false;
  #timer: Timer | undefined;

  constructor(options: RunDirectoryWatchOptions) {
    this.#options = options;
    this.#socket = identityOf(options.socketPath);
    this.#checkLater();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #checkLater(): void {
    this.#timer = this.#options.timers.after(PERIOD_MS, () => void this.#check());
  }

  async #check(): Promise<void> {
    const { socketPath, isInUse, stop } = this.#options;
    if (identityOf(socketPath) !== this.#socket) {
      if (!isInUse()) {
        stop(`${socketPath} is gone, so that nobody can reach this daemon, and it records nothing`);
        return;
      }
      await this.#restore();
    }
    // Unless it was closed meanwhile.
    if (this.#timer !== undefined) this.#checkLater();
  }

  async #restore(): Promise<void> {
    const { socketPath, restore, log } = this.#options;
    try {
      await restore();
      this.#socket = identityOf(socketPath);
      this.#reported = false;
      log.warn(`${socketPath} was gone and has been made again: something removes files of the run directory`);
    } catch (error) {
      if (this.#reported) return;
      this.#reported = true;
      log.error(
        `${socketPath} is gone, so that nobody can reach this daemon, and it cannot be made again: ${describeError(error)}. ` +
          `The daemon goes on recording and tries again; "kill ${process.pid}" ends it and finishes its traces`,
      );
    }
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
