import type { Cursor } from './cursor.ts';
import type { DataStreamDecoder } from './data-stream-decoder.ts';
import type { DataStream, PacketFields } from './messages.ts';

/**
 * Takes event records of the data stream at the heap's root, as long as generated code can. Where another data stream
 * at which the same code waits has the next event, it goes on there.
 *
 * It stops before a record that is incomplete in the window, damaged or unusual, and whenever the sink wants a pause.
 * It also stops where the next message belongs to a data stream at which other code waits. All cursors and clocks are
 * then as if the general decoder had come there.
 *
 * @returns number of taken records, of all data streams
 */
export type EventLoop = (heap: TurnHeap, position: StreamPosition) => number;

/** The loops of a consumer of events, one for each data stream class. */
export interface EventLoops {
  /** @returns undefined where the general decoder is to be used alone */
  loopFor(decoder: DataStreamDecoder, stream: DataStream): EventLoop | undefined;
}

/** The position of generated code in a data stream: one packet, and the cursor in it. */
export class StreamPosition {
  readonly cursor: Cursor;
  stream!: DataStream;
  packet!: PacketFields;
  /** The code that found the next event; other code cannot go on. */
  loop: EventLoop | undefined;
  /** Value of a loop's sink for this packet, and the packet that it was made for. */
  prepared: unknown;
  preparedFor: PacketFields | undefined;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }
}

/** The place of a data stream among others in the order of time. */
export class Turn {
  /** Place among the data streams, for events of equal time. */
  rank: number;
  /** Time of the next message, or of the event taken last. Events never lie before it. */
  seconds = Number.NEGATIVE_INFINITY;
  nanoseconds = 0;
  /** Whether the next event has been found by generated code, at the time of this turn, and waits in `position`. */
  isWaiting = false;
  position: StreamPosition | undefined;

  constructor(rank: number) {
    this.rank = rank;
  }
}

/** Before and behind all nanoseconds of a second. */
export const BEFORE_SECOND = -1;
export const BEHIND_SECOND = 1_000_000_000;

/** Data streams in the order of time: a binary heap, the earliest at its root. */
export class TurnHeap<T extends Turn = Turn> {
  readonly #turns: T[] = [];
  /** Time of the event that was taken last, of whichever data stream. */
  lastSeconds = Number.NEGATIVE_INFINITY;
  lastNanoseconds = 0;

  get root(): T | undefined {
    return this.#turns[0];
  }

  push(turn: T): void {
    const turns = this.#turns;
    let at = turns.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(turn, turns[parent]!)) break;
      turns[at] = turns[parent]!;
      at = parent;
    }
    turns[at] = turn;
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#turns[Symbol.iterator]();
  }

  /** Removes the turns for which `isOut` holds. */
  remove(isOut: (turn: T) => boolean): void {
    const rest = this.#turns.splice(0).filter((turn) => !isOut(turn));
    for (const turn of rest) this.push(turn);
  }

  /** Removes the root. */
  pop(): void {
    const turns = this.#turns;
    const last = turns.pop()!;
    if (turns.length === 0) return;
    turns[0] = last;
    this.sink();
  }

  /** Puts the root to its place, after its time has changed. */
  sink(): void {
    const turns = this.#turns;
    const { length } = turns;
    const turn = turns[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(turns[child + 1]!, turns[child]!)) child++;
      if (!isBefore(turns[child]!, turn)) break;
      turns[at] = turns[child]!;
      at = child;
    }
    turns[at] = turn;
  }

  /**
   * The root has its turn for events of this second before these nanoseconds; events of equal time have the order of
   * ranks.
   */
  limitIn(seconds: number): number {
    const turns = this.#turns;
    const { length } = turns;
    if (length === 1) return BEHIND_SECOND;
    const next = length > 2 && isBefore(turns[2]!, turns[1]!) ? turns[2]! : turns[1]!;
    if (next.seconds > seconds) return BEHIND_SECOND;
    if (next.seconds < seconds) return BEFORE_SECOND;
    return turns[0]!.rank < next.rank ? next.nanoseconds + 1 : next.nanoseconds;
  }
}

function isBefore(a: Turn, b: Turn): boolean {
  if (a.seconds !== b.seconds) return a.seconds < b.seconds;
  if (a.nanoseconds !== b.nanoseconds) return a.nanoseconds < b.nanoseconds;
  return a.rank < b.rank;
}
