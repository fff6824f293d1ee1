import type { Context } from '../context/context.ts';
import { formatBytes, formatSeconds } from '../output/quantity.ts';
import { clearedLine, styleFor } from '../output/style.ts';

const BAR_CELLS = 24;
/** Shorter work shows no progress. */
const DELAY_MS = 500;
const PERIOD_MS = 100;

/** Progress of long work, on one line of a terminal on standard error; without a terminal, nothing. */
export class ProgressBar {
  readonly #context: Context;
  readonly #totalBytes: number | undefined;
  readonly #startMs: number;
  #nextMs: number;
  #isShown = false;

  /** @param totalBytes undefined where the total is unknown */
  constructor(context: Context, totalBytes: number | undefined) {
    this.#context = context;
    this.#totalBytes = totalBytes;
    this.#startMs = context.now().getTime();
    this.#nextMs = this.#startMs + DELAY_MS;
  }

  update(bytes: number): void {
    const { stderr } = this.#context;
    if (stderr.isTTY !== true) return;
    const nowMs = this.#context.now().getTime();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + PERIOD_MS;
    const text = describe(bytes, this.#totalBytes, (nowMs - this.#startMs) / 1000);
    stderr.write(
      `${clearedLine()}${styleFor(stderr, this.#context.env).dim(text.slice(0, (stderr.columns || 80) - 1))}`,
    );
    this.#isShown = true;
  }

  /** Removes the line. */
  clear(): void {
    if (this.#isShown) this.#context.stderr.write(clearedLine());
    this.#isShown = false;
  }
}

function describe(bytes: number, totalBytes: number | undefined, seconds: number): string {
  const amount = `${formatBytes(bytes)} · ${formatBytes(bytes / seconds)}/s · ${formatSeconds(seconds)}`;
  if (totalBytes === undefined || totalBytes === 0) return amount;
  const share = Math.min(1, bytes / totalBytes);
  const full = Math.round(share * BAR_CELLS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}] ${Math.floor(share * 100)} % · ${amount}`;
}
