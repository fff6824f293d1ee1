import { performance } from 'node:perf_hooks';
import { nowNs, nsOfMs } from '../../clock.ts';
import type { EventSource, Tracer } from '../../instrument.ts';
import { clearImmediate, setImmediate } from '../../node.ts';

/**
 * Turns of the event loop, from one check phase to the next.
 *
 * An immediate that does not keep the program alive does not end the wait for events either. It runs once in each turn.
 */
export function turns({ provider, u64 }: Tracer): EventSource {
  const turn = provider('node_eventloop').tracepoint(
    'turn',
    [
      ['start_ns', u64],
      ['duration_ns', u64],
      ['idle_ns', u64],
    ],
    { logLevel: 'debug' },
  );

  const install = () => {
    const { nodeTiming } = performance;
    let start = nowNs();
    let idleBefore = nodeTiming.idleTime;
    let next = setImmediate(inCheckPhase).unref();

    function inCheckPhase(): void {
      const now = nowNs();
      const idle = nodeTiming.idleTime;
      turn(start, now - start, nsOfMs(idle - idleBefore));
      start = now;
      idleBefore = idle;
      next = setImmediate(inCheckPhase).unref();
    }

    return () => clearImmediate(next);
  };
  return { tracepoints: [turn], install };
}
