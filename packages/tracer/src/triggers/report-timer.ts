import { type ThreadClock, threadClock } from '../clock/thread-clock.ts';
import { later } from '../host/event-loop.ts';
import type { MatchReports, ReportSchedule } from './match-reports.ts';

const FLUSH_AFTER_MS = 10;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/** One timer for all waiting reports of a thread. It does not keep the program alive. */
export class ReportTimer implements ReportSchedule {
  #waiting = new Set<MatchReports>();
  #isSet = false;
  #clock: ThreadClock | undefined;

  now(): number {
    // It is read for every match, and the addon's clock takes a tenth of the time of any other.
    this.#clock ??= threadClock('monotonic') as ThreadClock;
    return this.#clock.read() / NANOSECONDS_PER_MILLISECOND;
  }

  later(reports: MatchReports): void {
    this.#waiting.add(reports);
    if (this.#isSet) return;
    this.#isSet = true;
    later(FLUSH_AFTER_MS, () => {
      this.#isSet = false;
      this.#flush();
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const reports of waiting) reports.flush();
  }
}
