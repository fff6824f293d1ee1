import type { DataStream, Instant, LossMessage } from '@ringtail/ctf';
import { openTraces, visitEvents } from '@ringtail/reader';

export const THREADS = 4;
export const KINDS = 8;

/** One thread's numbered events in a trace. */
export interface DrivenThread {
  /** Numbers in the order of the trace. */
  readonly numbers: number[];
  /** Time of each, in nanoseconds of CLOCK_MONOTONIC. */
  readonly times: number[];
  /** Discarded events that its data streams report, with times. */
  readonly discarded: Discarded[];
}

/** A number of events that were discarded between two times. */
export interface Discarded {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface DrivenTrace {
  readonly threads: readonly DrivenThread[];
  /** Discarded events that the trace reports. */
  readonly eventsDiscarded: number;
  readonly packetsLost: number;
}

/** Reads the events of `programs/driven.mjs` from the traces below a directory, with chunks as one trace. */
export function readDrivenTrace(...paths: string[]): DrivenTrace {
  const reader = openTraces(paths);
  const threads = Array.from({ length: THREADS }, (): DrivenThread => ({ numbers: [], times: [], discarded: [] }));
  const clock = reader.traces[0]?.class.clockClasses[0];
  const offsetSeconds = Number(clock?.offsetSeconds ?? 0n);
  const offsetNanoseconds = Number(clock?.offsetCycles ?? 0n);
  const timeOf = ({ seconds, nanoseconds }: Instant) =>
    (seconds - offsetSeconds) * 1e9 + nanoseconds - offsetNanoseconds;
  const discarded = new Map<DataStream, Discarded[]>();
  const threadOf = new Map<DataStream, number>();
  let eventsDiscarded = 0;
  let packetsLost = 0;
  const onLoss = ({ kind, count: told, stream, range }: LossMessage) => {
    const count = Number(told ?? 0n);
    if (kind === 'discarded-packets') {
      packetsLost += count;
      return;
    }
    eventsDiscarded += count;
    if (range === undefined) return;
    if (!discarded.has(stream)) discarded.set(stream, []);
    discarded.get(stream)?.push({ from: timeOf(range.begin), to: timeOf(range.end), count });
  };
  const take = (event: Instant & { readonly stream: DataStream }, thread: number, n: number) => {
    const { numbers, times } = threads[thread] as DrivenThread;
    numbers.push(n);
    times.push(timeOf(event));
    threadOf.set(event.stream, thread);
  };
  visitEvents(reader, { '*': { fields: ['thread', 'n'], handle: take } }, { onLoss });
  for (const [stream, of] of discarded) threads[threadOf.get(stream) ?? THREADS]?.discarded.push(...of);
  return { threads, eventsDiscarded, packetsLost };
}
