import type { Timer, Timers } from '@ringtail/base';
import { FRAME_TIMEOUT_MS } from '../model/limits.ts';
import type { SharedPool } from './shared-pool.ts';

/** A connection that receives frames. */
export interface FrameReceiver {
  readonly uid: number;
  /** There is room for the frame that had to wait. Called later, never within `received`. */
  onRoom(): void;
  /** The begun frame has not ended in time. */
  onLate(why: string): void;
}

/** What one connection holds of the bytes of begun frames. */
export interface BegunFrame {
  /**
   * Takes the state after a read.
   *
   * @param begunBytes what the begun frame takes in the end; 0 where none is begun
   * @param isAnother whether frames ended in this read
   * @returns false if the share of the user has no room for the frame: it is to be read on after `onRoom`
   */
  received(begunBytes: number, isAnother: boolean): boolean;
  /** Holds nothing any more, and waits for nothing. */
  release(): void;
}

/**
 * Bytes of frames that have begun and not ended, by what they announce. A connection whose frame finds no room waits, unread,
 * until other frames of its user have ended: a thousand programs that start at once all get their turn. A frame that has
 * room has to end in time.
 */
export class BegunFrames {
  readonly #pool: SharedPool;
  readonly #timers: Pick<Timers, 'after'>;
  /** In the order in which they came. */
  readonly #waiting = new Set<Holding>();
  #isServing = false;

  constructor(pool: SharedPool, timers: Pick<Timers, 'after'>) {
    this.#pool = pool;
    this.#timers = timers;
    // Unread answers share the pool with frames: what they give back is room for frames as well.
    pool.watch(() => this.#serveSoon());
  }

  /** Whether the user may begin a frame of this length. */
  hasRoomFor(uid: number, bytes: number): boolean {
    return this.#pool.hasRoomFor(uid, bytes);
  }

  open(receiver: FrameReceiver): BegunFrame {
    const holding = new Holding(receiver, this.#pool, this.#timers);
    const release = () => {
      this.#waiting.delete(holding);
      holding.end();
    };
    return {
      received: (begunBytes, isAnother) => {
        if (isAnother || begunBytes === 0) release();
        if (begunBytes === 0 || holding.take(begunBytes)) return true;
        this.#waiting.add(holding);
        return false;
      },
      release,
    };
  }

  #serveSoon(): void {
    if (this.#waiting.size === 0 || this.#isServing) return;
    this.#isServing = true;
    setImmediate(() => {
      this.#isServing = false;
      for (const holding of [...this.#waiting]) {
        // The one before may have ended this one's connection.
        if (!this.#waiting.has(holding) || !holding.takeWanted()) continue;
        this.#waiting.delete(holding);
        holding.receiver.onRoom();
      }
    });
  }
}

class Holding {
  readonly receiver: FrameReceiver;
  readonly #pool: SharedPool;
  readonly #timers: Pick<Timers, 'after'>;
  #held = 0;
  #wanted = 0;
  /** The time in which the connection waits for room is not the peer's. */
  #timer: Timer | undefined;

  constructor(receiver: FrameReceiver, pool: SharedPool, timers: Pick<Timers, 'after'>) {
    this.receiver = receiver;
    this.#pool = pool;
    this.#timers = timers;
  }

  take(bytes: number): boolean {
    this.#wanted = bytes;
    return this.takeWanted();
  }

  takeWanted(): boolean {
    const more = this.#wanted - this.#held;
    if (more > 0 && this.#pool.take(this.receiver.uid, more) !== undefined) {
      this.#stopTimer();
      return false;
    }
    this.#held += Math.max(0, more);
    this.#timer ??= this.#timers.after(FRAME_TIMEOUT_MS, () => {
      this.receiver.onLate(`a message that it began did not end in ${FRAME_TIMEOUT_MS / 1000} s`);
    });
    return true;
  }

  end(): void {
    this.#stopTimer();
    this.#wanted = 0;
    if (this.#held === 0) return;
    const held = this.#held;
    this.#held = 0;
    this.#pool.give(this.receiver.uid, held);
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
