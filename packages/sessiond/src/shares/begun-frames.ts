import type { Timer, Timers } from '@ringtail/base';
import { FRAME_TIMEOUT_MS } from './limits.ts';
import type { SharedPool } from './shared-pool.ts';

/** A connection that receives frames. */
export interface FrameReceiver {
  readonly uid: number;
  /** There is room for the waiting frame. Called later, never within `received`. */
  onRoom(): void;
  /** The begun frame did not end in time. */
  onLate(why: string): void;
}

/** The part of one connection in the bytes of begun frames. */
export interface BegunFrame {
  /**
   * Accounts for a read.
   *
   * @param begunBytes announced length of the begun frame; 0 if none is begun
   * @param isAnother whether frames ended in this read
   * @returns false if the user's share has no room for the frame: reading goes on after `onRoom`
   */
  received(begunBytes: number, isAnother: boolean): boolean;
  /** Gives everything back, and stops waiting. */
  release(): void;
}

/**
 * Bytes of begun frames, by their announced lengths. A connection whose frame finds no room waits, unread, until other
 * frames of its user have ended: a thousand programs that start at once all get their turn. A frame that has room has
 * to end in time.
 */
export class BegunFrames {
  readonly #pool: SharedPool;
  readonly #timers: Pick<Timers, 'after'>;
  /** Longest wait first. */
  readonly #waiting = new Set<Holding>();
  #isServing = false;

  constructor(pool: SharedPool, timers: Pick<Timers, 'after'>) {
    this.#pool = pool;
    this.#timers = timers;
    // Unread answers share the pool: bytes that they give back are room for frames as well.
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
        // The callback before may have ended this connection.
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
  /** Runs only while the frame has room: the wait for room is not the peer's fault. */
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
