import type { MatchReports, ReportSchedule } from './match-reports.ts';

/** Captured at load: test frameworks replace them. */
const { setTimeout } = globalThis;
const monotonic = performance.now.bind(performance);

const FLUSH_AFTER_MS = 10;

/** One timer for all reports of a thread that wait; it does not keep the program alive. */
export class ReportTimer implements ReportSchedule {
  #waiting = new Set<MatchReports>();
  #isSet = false;

  now(): number {
    return monotonic();
  }

  later(reports: MatchReports): void {
    this.#waiting.add(reports);
    if (this.#isSet) return;
    this.#isSet = true;
    setTimeout(() => {
      this.#isSet = false;
      this.#flush();
    }, FLUSH_AFTER_MS).unref();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const reports of waiting) reports.flush();
  }
}
