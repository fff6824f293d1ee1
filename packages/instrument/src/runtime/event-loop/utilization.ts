import { performance } from 'node:perf_hooks';
import { nowNs, nsOfMs } from '../../clock.ts';
import { everyMs } from '../../every.ts';
import type { EventSource, Tracer } from '../../instrument.ts';

const INTERVAL_MS = 1000;

/** The time that the event loop was active and idle, every second. */
export function utilization({ provider, u64 }: Tracer): EventSource {
  const event = provider('node_eventloop').tracepoint(
    'utilization',
    [
      ['start_ns', u64],
      ['active_ns', u64],
      ['idle_ns', u64],
    ],
    { logLevel: 'info' },
  );

  const install = () => {
    const { nodeTiming } = performance;
    let start = nowNs();
    let idleBefore = nodeTiming.idleTime;
    return everyMs(INTERVAL_MS, () => {
      const now = nowNs();
      const idle = nodeTiming.idleTime;
      const idleNs = nsOfMs(idle - idleBefore);
      event(start, Math.max(0, now - start - idleNs), idleNs);
      start = now;
      idleBefore = idle;
    });
  };
  return { tracepoints: [event], install };
}
