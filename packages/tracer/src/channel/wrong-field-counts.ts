import type { CounterSpace, FieldCounter } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { WrongField, WrongFieldCount } from '../recorder/wrong-values.ts';

const NOT_COUNTED: WrongFieldCount = { add() {} };

export interface WrongFieldCountsOptions {
  readonly link: DaemonLink;
  /** Key of the channel. */
  readonly channel: number;
  readonly counters: CounterSpace;
  readonly report: (code: string, message: string) => void;
}

/**
 * Counts of the wrong values in one channel. Each field has a counter in the control file, which the daemon reads even
 * if the program was killed.
 */
export class WrongFieldCountSet {
  readonly #options: WrongFieldCountsOptions;
  readonly #counts = new Map<string, AnnouncedCount>();
  #isRefusalSent = false;

  constructor(options: WrongFieldCountsOptions) {
    this.#options = options;
  }

  readonly countFor = (field: WrongField): WrongFieldCount => {
    const name = `${field.event} ${field.field}`;
    let count = this.#counts.get(name);
    if (count === undefined) {
      const counter = this.#take();
      if (counter === undefined) return NOT_COUNTED;
      count = new AnnouncedCount(this.#options, field, counter);
      this.#counts.set(name, count);
    }
    return count;
  };

  /** The channel has ended. */
  close(): void {
    for (const count of this.#counts.values()) count.close();
    this.#counts.clear();
  }

  #take(): FieldCounter | undefined {
    const { link, counters, report } = this.#options;
    try {
      const counter = counters.takeForField(link.slot);
      if (counter !== undefined) return counter;
    } catch {
      // The counters cannot be mapped.
    }
    if (!this.#isRefusalSent) {
      this.#isRefusalSent = true;
      report('NO_COUNTER', 'wrong values of further fields are not counted: this thread has no counter left for them');
    }
    return undefined;
  }
}

/** A count that the daemon knows as soon as it reads messages again. */
class AnnouncedCount implements WrongFieldCount {
  readonly #options: WrongFieldCountsOptions;
  readonly #field: WrongField;
  readonly #counter: FieldCounter;
  readonly #start: number;
  #isAnnounced = false;

  constructor(options: WrongFieldCountsOptions, field: WrongField, counter: FieldCounter) {
    this.#options = options;
    this.#field = field;
    this.#counter = counter;
    this.#start = counter.f64[counter.index] as number;
  }

  add(): void {
    const { f64, index } = this.#counter;
    const value = (f64[index] as number) + 1;
    f64[index] = value;
    if (!this.#isAnnounced) this.#announce(value - this.#start);
  }

  close(): void {
    this.#counter.giveBack();
  }

  /** Tries it at the first value, the second, the fourth and so on: the program does not wait for the daemon. */
  #announce(count: number): void {
    if ((count & (count - 1)) !== 0) return;
    const { link, channel } = this.#options;
    const { index } = this.#counter;
    this.#isAnnounced = link.trySend({ type: 'wrong-value', channel, ...this.#field, index, start: this.#start });
  }
}
