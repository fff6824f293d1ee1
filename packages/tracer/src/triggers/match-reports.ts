import type { CapturedValue, TriggerMatchedMessage } from '@ringtail/protocol';
import type { Tally } from '../control/tally-space.ts';
import type { TriggerReports } from '../recorder/recorder-plan.ts';
import { TokenBucket } from './token-bucket.ts';

/** Where reports go. */
export interface ReportLink {
  readonly isOpen: boolean;
  /** Sends without waiting. False if the daemon does not read. */
  trySend(message: TriggerMatchedMessage): boolean;
}

/** Clock and timer of all reports of a thread. */
export interface ReportSchedule {
  /** Milliseconds. */
  now(): number;
  /** Calls `flush` a little later, from the event loop; for the same reports once, however often it is asked. */
  later(reports: MatchReports): void;
}

/** Where nobody counts. */
const NO_TALLY: Tally = { f64: new Float64Array(2), matched: 0, missed: 1 };

/**
 * What one trigger tells its daemon: the first match at once, later ones gathered where they come faster than messages may be sent. What
 * has been gathered goes out with the next match after a while, or from the event loop; so does what a daemon that does not read has
 * no room for. A thread that ends before has counted it in its tally, from which the daemon takes what it was not told.
 */
export class MatchReports implements TriggerReports {
  readonly #link: ReportLink;
  readonly #trigger: number;
  readonly #schedule: ReportSchedule;
  readonly #tally: Tally;
  readonly #bucket: TokenBucket;
  #matches = 0;
  #discarded = 0;
  #captures: readonly CapturedValue[] = [];

  constructor(link: ReportLink, trigger: number, schedule: ReportSchedule, tally: Tally = NO_TALLY) {
    this.#link = link;
    this.#trigger = trigger;
    this.#schedule = schedule;
    this.#tally = tally;
    this.#bucket = new TokenBucket(schedule.now());
  }

  matched(captures: readonly CapturedValue[]): void {
    (this.#tally.f64[this.#tally.matched] as number) += 1;
    this.#matches += 1;
    this.#captures = captures;
    this.flush();
  }

  missed(): void {
    (this.#tally.f64[this.#tally.missed] as number) += 1;
    this.#discarded += 1;
    this.flush();
  }

  /** Sends what has been gathered, if it may be sent now. Never throws. */
  flush(): void {
    if (this.#matches === 0 && this.#discarded === 0) return;
    if (!this.#bucket.take(this.#schedule.now()) || !this.#send()) this.#schedule.later(this);
  }

  /** The last that the thread says of this trigger. */
  end(): void {
    if (this.#matches > 0 || this.#discarded > 0) this.#send();
    this.#forget();
  }

  /** False if it has to be tried again. */
  #send(): boolean {
    const message = {
      type: 'trigger-matched',
      trigger: this.#trigger,
      matches: this.#matches,
      discarded: this.#discarded,
      captures: this.#captures,
    } as const;
    if (this.#link.isOpen && !this.#link.trySend(message)) return false;
    this.#forget();
    return true;
  }

  #forget(): void {
    this.#matches = 0;
    this.#discarded = 0;
    this.#captures = [];
  }
}
