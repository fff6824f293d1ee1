import type { CapturedValue, TriggerMatchedMessage } from '@ringtail/protocol';
import type { Counter, TriggerReports } from '../recorder/recorder-plan.ts';
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
  /**
   * Calls `flush` a little later, from the event loop; once for the same reports, even if it is requested several
   * times.
   */
  later(reports: MatchReports): void;
}

/** Stands for a counter where there is none. */
const NO_COUNTER: Counter = { f64: new Float64Array(1), index: 0 };

/**
 * Reports the matches of one trigger to its daemon. The first match is sent at once. Matches that come faster than
 * messages may be sent are gathered, and sent with a later match or from the event loop; so are matches for which the
 * daemon's socket has no room. When a thread has ended, the daemon adds the matches that the counter has and no report
 * had.
 */
export class MatchReports implements TriggerReports {
  readonly #link: ReportLink;
  readonly #trigger: number;
  readonly #schedule: ReportSchedule;
  readonly #missed: Counter;
  readonly #bucket: TokenBucket;
  #matches = 0;
  #discarded = 0;
  #captures: readonly CapturedValue[] = [];

  /** @param missed counts the events that could not be evaluated */
  constructor(link: ReportLink, trigger: number, schedule: ReportSchedule, missed: Counter = NO_COUNTER) {
    this.#link = link;
    this.#trigger = trigger;
    this.#schedule = schedule;
    this.#missed = missed;
    this.#bucket = new TokenBucket(schedule.now());
  }

  matched(captures: readonly CapturedValue[]): void {
    this.#matches += 1;
    this.#captures = captures;
    this.flush();
  }

  missed(): void {
    (this.#missed.f64[this.#missed.index] as number) += 1;
    this.#discarded += 1;
    this.flush();
  }

  /** Sends the gathered matches, if a message may be sent now. Never throws. */
  flush(): void {
    if (this.#matches === 0 && this.#discarded === 0) return;
    if (!this.#bucket.take(this.#schedule.now()) || !this.#send()) this.#schedule.later(this);
  }

  /** Sends the gathered matches for the last time. */
  end(): void {
    if (this.#matches > 0 || this.#discarded > 0) this.#send();
    this.#forget();
  }

  /** @returns false if it has to be tried again */
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
