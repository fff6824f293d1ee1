import type { ClockClass, TraceClass } from '@ringtail/ctf';

/** Corrections of the clocks in the traces. */
export interface ClockCorrection {
  /** Added to the offset of every clock. */
  readonly offsetSeconds?: bigint | undefined;
  /** Added to the offset of every clock, nanoseconds. */
  readonly offsetNs?: bigint | undefined;
  /** Treats the origin of every clock as the Unix epoch, so that traces of different origins can be read together. */
  readonly forceUnixEpoch?: boolean | undefined;
}

export function correctClocks(trace: TraceClass, correction: ClockCorrection): TraceClass {
  return { ...trace, clockClasses: trace.clockClasses.map((clock) => correct(clock, correction)) };
}

function correct(clock: ClockClass, { offsetSeconds = 0n, offsetNs = 0n, forceUnixEpoch = false }: ClockCorrection) {
  return {
    ...clock,
    offsetSeconds: clock.offsetSeconds + offsetSeconds,
    offsetCycles: clock.offsetCycles + (offsetNs * clock.frequency) / 1_000_000_000n,
    originIsUnixEpoch: clock.originIsUnixEpoch || forceUnixEpoch,
  };
}
