import type { Tracer } from '../instrument.ts';
import { describeValue, Unreadable } from './describe-value.ts';
import type { Probe } from './probe.ts';
import type { Time } from './time.ts';

/** Hits a second that are recorded. Others are counted in the field `skipped` of the next event. */
const RECORDED_PER_SECOND_MAX = 200_000;
const PERIOD_MS = 10;
const HITS_PER_PERIOD = (RECORDED_PER_SECOND_MAX * PERIOD_MS) / 1000;
const SKIPPED_MAX = 2 ** 32 - 1;

let lastNumber = 0;

interface HitsOptions {
  readonly tracer: Tracer;
  readonly time: Time;
  readonly onHit: () => void;
  /** Whether a breakpoint may stop the program. */
  readonly mayStop: () => boolean;
}

/** The hits of a probe in this thread: their events, and the function that code in the program calls. */
export class Hits {
  /** Name of the global function. */
  readonly globalName = `__ringtail_probe_${++lastNumber}`;
  readonly tracepoint: (...values: never[]) => void;

  constructor({ name, captures }: Probe, { tracer: { provider, str, u32 }, time, onHit, mayStop }: HitsOptions) {
    const [, event = ''] = name.split(':');
    const fields = [['skipped', u32] as const, ...captures.map((capture) => [capture.name, str] as const)];
    const tracepoint = provider('probe').tracepoint(event, fields) as unknown as (...values: unknown[]) => void;
    this.tracepoint = tracepoint as (...values: never[]) => void;
    let skipped = 0;
    let inPeriod = 0;
    let periodEndMs = time.elapsedMs() + PERIOD_MS;
    const hit = (...values: unknown[]): void => {
      if (inPeriod >= HITS_PER_PERIOD) {
        const nowMs = time.elapsedMs();
        if (nowMs < periodEndMs) {
          skipped = Math.min(skipped + 1, SKIPPED_MAX);
          return;
        }
        periodEndMs = nowMs + PERIOD_MS;
        inPeriod = 0;
      }
      inPeriod++;
      const texts = values.map(describeValue);
      const before = skipped;
      skipped = 0;
      tracepoint(before, ...texts);
      onHit();
    };
    Object.defineProperty(hit, 'unreadable', { value: (error: unknown) => new Unreadable(error) });
    Object.defineProperty(hit, 'mayStop', { value: mayStop });
    // A program that has frozen its global object throws here.
    Object.defineProperty(globalThis, this.globalName, { value: hit, configurable: true });
  }

  /** Takes the global function away. Code that still runs with a call of it goes on without. */
  close(): void {
    Reflect.deleteProperty(globalThis, this.globalName);
  }
}
