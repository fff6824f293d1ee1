import {
  CONTROL_TALLIES_BYTES,
  CONTROL_TALLIES_OFFSET,
  CONTROL_TALLY_COUNT,
  CONTROL_TALLY_WORDS,
  type TriggerMatchedMessage,
} from '@ringtail/protocol';
import type { SharedPool } from '../../shares/shared-pool.ts';
import { type CountingThread, difference } from './thread-counters.ts';

const WORD_BYTES = 8;
/** Memory of the reported matches of a thread and a trigger. */
const NOTE_BYTES = 80;

/** Matches of a trigger in a thread, and events that could not be evaluated. */
export interface Matches {
  readonly trigger: number;
  readonly matches: number;
  readonly discarded: number;
}

type Told = Omit<Matches, 'trigger'>;

/**
 * Compares the matches that threads reported with the tallies in their control files. A thread that ends may have
 * gathered matches that it has not sent.
 */
export class MatchLedger {
  readonly #threads = new Map<CountingThread, Map<number, Told>>();
  readonly #kept: SharedPool;

  /** @param kept bytes kept for applications */
  constructor(kept: SharedPool) {
    this.#kept = kept;
  }

  /** Matches in the tallies of a thread that registers belong to a former daemon. */
  open(thread: CountingThread): void {
    this.#threads.set(thread, new Map());
    for (const { trigger, ...told } of talliesOf(thread)) this.#note(thread, trigger, told);
  }

  /** The trigger exists, so that a thread cannot make the daemon keep arbitrary keys. */
  told(thread: CountingThread, { trigger, matches, discarded }: TriggerMatchedMessage): void {
    const told = this.#threads.get(thread)?.get(trigger) ?? { matches: 0, discarded: 0 };
    this.#note(thread, trigger, { matches: told.matches + matches, discarded: told.discarded + discarded });
  }

  triggerRemoved(trigger: number): void {
    for (const [{ uid }, triggers] of this.#threads) if (triggers.delete(trigger)) this.#kept.give(uid, NOTE_BYTES);
  }

  /** Where the share of the user has no room, reported matches count once more when the thread ends. */
  #note(thread: CountingThread, trigger: number, told: Told): void {
    const triggers = this.#threads.get(thread);
    if (triggers === undefined) return;
    if (!triggers.has(trigger) && this.#kept.take(thread.uid, NOTE_BYTES) !== undefined) return;
    triggers.set(trigger, told);
  }

  /** The thread has ended, and its control file can still be read. @returns the matches that it has not reported */
  close(thread: CountingThread): Matches[] {
    const triggers = this.#threads.get(thread);
    this.#threads.delete(thread);
    this.#kept.give(thread.uid, NOTE_BYTES * (triggers?.size ?? 0));
    const untold: Matches[] = [];
    for (const tally of talliesOf(thread)) {
      const told = triggers?.get(tally.trigger) ?? { matches: 0, discarded: 0 };
      const matches = difference(tally.matches, told.matches);
      const discarded = difference(tally.discarded, told.discarded);
      if (matches > 0 || discarded > 0) untold.push({ trigger: tally.trigger, matches, discarded });
    }
    return untold;
  }
}

/** The tallies of a thread, which may have written anything. */
function talliesOf(thread: CountingThread): Matches[] {
  try {
    const offset = CONTROL_TALLIES_OFFSET + thread.slot * CONTROL_TALLIES_BYTES;
    const words = Buffer.alloc(WORD_BYTES);
    thread.read(words, offset);
    const used = Math.min(difference(words.readDoubleLE(0), 0), CONTROL_TALLY_COUNT);
    const tallies = Buffer.alloc(used * CONTROL_TALLY_WORDS * WORD_BYTES);
    if (used > 0) thread.read(tallies, offset + WORD_BYTES);
    return Array.from({ length: used }, (_, i) => {
      const word = (at: number) => difference(tallies.readDoubleLE((i * CONTROL_TALLY_WORDS + at) * WORD_BYTES), 0);
      return { trigger: word(0), matches: word(1), discarded: word(2) };
    });
  } catch {
    return [];
  }
}
