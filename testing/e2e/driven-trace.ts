import { openTraces, visitEvents } from '@ringtail/reader';

export const THREADS = 4;
export const KINDS = 8;

/** What of one thread's numbered events is in a trace. */
export interface DrivenThread {
  /** Numbers in the order of the trace. */
  readonly numbers: number[];
  /** Of each, in nanoseconds of CLOCK_MONOTONIC. */
  readonly times: number[];
}

export interface DrivenTrace {
  readonly threads: readonly DrivenThread[];
  /** Events that the trace says were discarded. */
  readonly eventsDiscarded: number;
  readonly packetsLost: number;
}

/** Reads what `programs/driven.mjs` left in the traces below a directory, their chunks as one. */
export function readDrivenTrace(...paths: string[]): DrivenTrace {
  const reader = openTraces(paths);
  const threads = Array.from({ length: THREADS }, (): DrivenThread => ({ numbers: [], times: [] }));
  const clock = reader.traces[0]?.class.clockClasses[0];
  const offsetSeconds = Number(clock?.offsetSeconds ?? 0n);
  const offsetNanoseconds = Number(clock?.offsetCycles ?? 0n);
  let eventsDiscarded = 0;
  let packetsLost = 0;
  const onLoss = ({ kind, count }: { readonly kind: string; readonly count: bigint | undefined }) => {
    if (kind === 'discarded-events') eventsDiscarded += Number(count ?? 0n);
    else packetsLost += Number(count ?? 0n);
  };
  const take = (event: { seconds: number; nanoseconds: number }, thread: number, n: number) => {
    const { numbers, times } = threads[thread] as DrivenThread;
    numbers.push(n);
    times.push((event.seconds - offsetSeconds) * 1e9 + event.nanoseconds - offsetNanoseconds);
  };
  visitEvents(reader, { '*': { fields: ['thread', 'n'], handle: take } }, { onLoss });
  return { threads, eventsDiscarded, packetsLost };
}
