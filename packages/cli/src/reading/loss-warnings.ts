import type { ReportedLoss, TextSink, WarningSink } from '@ringtail/reader';
import { plural } from '../output/quantity.ts';
import { lossesText } from './losses-text.ts';

/** Writes the first warning about a loss, and sums up the others at the end, unless all are to be written. */
export class LossWarnings implements WarningSink {
  readonly #sink: TextSink;
  readonly #writesAll: boolean;
  readonly #streams = new Set<string>();
  #count = 0;
  #events = 0n;
  #packets = 0n;
  #unknownCount = 0;

  constructor(sink: TextSink, writesAll: boolean) {
    this.#sink = sink;
    this.#writesAll = writesAll;
  }

  write(line: string, loss?: ReportedLoss): void {
    if (loss === undefined || this.#writesAll || this.#count === 0) this.#sink.write(line);
    if (loss === undefined) return;
    const { kind, count, stream } = loss;
    this.#count++;
    this.#streams.add(stream);
    if (count === undefined) this.#unknownCount++;
    else if (kind === 'discarded-events') this.#events += count;
    else this.#packets += count;
  }

  /** Writes the sum of all losses, if there was more than one. */
  finish(): void {
    if (this.#writesAll || this.#count < 2) return;
    const losses = lossesText(this.#events, this.#packets, this.#unknownCount);
    const where = `${plural(this.#count, 'loss', 'losses')} of ${plural(this.#streams.size, 'data stream')}`;
    this.#sink.write(`WARNING: Tracer discarded ${losses}: ${where} in all; --warnings=all shows each.\n`);
  }
}
