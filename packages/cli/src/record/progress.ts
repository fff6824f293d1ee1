import type { SessionStatistics } from '@ringtail/protocol';
import { formatBytes, formatCount, formatSeconds } from '../output/quantity.ts';
import { clearedLine, type Style } from '../output/style.ts';
import type { OutputStream } from '../output/visible-stream.ts';

/** Progress of a recording, on one line of a terminal. Without a terminal, nothing. */
export class ProgressLine {
  #shown = false;
  #eventsBefore = 0;
  #secondsBefore = 0;
  readonly #stream: OutputStream;
  readonly #style: Style;

  constructor(stream: OutputStream, style: Style) {
    this.#stream = stream;
    this.#style = style;
  }

  /** @param seconds duration of the recording so far */
  update(seconds: number, statistics: SessionStatistics): void {
    if (this.#stream.isTTY !== true) return;
    const elapsed = seconds - this.#secondsBefore;
    const rate = elapsed > 0 ? (statistics.eventsRecorded - this.#eventsBefore) / elapsed : 0;
    this.#eventsBefore = statistics.eventsRecorded;
    this.#secondsBefore = seconds;
    // A terminal of unknown width reports 0.
    const text = describeProgress(seconds, rate, statistics).slice(0, (this.#stream.columns || 80) - 1);
    this.#stream.write(`${clearedLine()}${this.#style.dim(text)}`);
    this.#shown = true;
  }

  /** Removes the line. */
  clear(): void {
    if (this.#shown) this.#stream.write(clearedLine());
    this.#shown = false;
  }
}

/** @param rate events per second since the previous line */
function describeProgress(seconds: number, rate: number, statistics: SessionStatistics): string {
  return [
    `recording ${formatSeconds(seconds)}`,
    `${formatCount(statistics.eventsRecorded)} events`,
    `${formatCount(rate)} events/s`,
    `${formatCount(statistics.eventsDiscarded)} discarded`,
    formatBytes(statistics.bytes),
  ].join(' · ');
}
