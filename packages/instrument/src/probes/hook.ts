import type { Time } from './time.ts';

/** The events of a probe in this thread, and the function that code in the program calls. */
export interface Hook {
  /** Name of the global function. */
  readonly globalName: string;
  readonly tracepoints: readonly ((...values: never[]) => void)[];
  /** Takes the global function away. Code that still runs with a call of it goes on without. */
  close(): void;
}

/** Hits a second that are recorded. Others are counted in the field `skipped` of the next event. */
const RECORDED_PER_SECOND_MAX = 200_000;
const PERIOD_MS = 10;
const HITS_PER_PERIOD = (RECORDED_PER_SECOND_MAX * PERIOD_MS) / 1000;
const SKIPPED_MAX = 2 ** 32 - 1;

/** @returns a function that takes a hit: the number of hits that were skipped before, or -1 if this one is */
export function limitedHits(time: Time): () => number {
  let skipped = 0;
  let inPeriod = 0;
  let periodEndMs = time.elapsedMs() + PERIOD_MS;
  return () => {
    if (inPeriod >= HITS_PER_PERIOD) {
      const nowMs = time.elapsedMs();
      if (nowMs < periodEndMs) {
        skipped = Math.min(skipped + 1, SKIPPED_MAX);
        return -1;
      }
      periodEndMs = nowMs + PERIOD_MS;
      inPeriod = 0;
    }
    inPeriod++;
    const before = skipped;
    skipped = 0;
    return before;
  };
}

let lastNumber = 0;

export function nextGlobalName(): string {
  return `__ringtail_probe_${++lastNumber}`;
}

/** @throws {TypeError} if the program has frozen its global object */
export function defineGlobal(name: string, value: object): void {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

export function removeGlobal(name: string): void {
  Reflect.deleteProperty(globalThis, name);
}
