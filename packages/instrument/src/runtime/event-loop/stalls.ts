import { performance } from 'node:perf_hooks';
import { nowNs, nsOfMs } from '../../clock.ts';
import { everyMs } from '../../every.ts';
import type { EventSource, Tracer } from '../../instrument.ts';
import { onExit } from '../../on-exit.ts';
import { startWatcher } from './watcher.ts';

const THRESHOLD_MS_DEFAULT = 100;
const THRESHOLD_MS_MIN = 10;
/**
 * A busy loop runs the heartbeat up to one interval late: a duration is at most half a threshold too long. More beats
 * would wake idle programs more often.
 */
const BEATS_PER_THRESHOLD = 2;

const StackSource = { none: 0, interrupt: 1, after_native: 2 } as const;

/**
 * Stalls: times when the event loop was blocked for the threshold or longer, with the stack that blocked it.
 *
 * A timer is the heartbeat. It is late after a stall, and then reports it. Idle time counts as no stall.
 */
export function stalls({ provider, u64, u8, str, seq, enumeration }: Tracer): EventSource {
  const stall = provider('node_eventloop').tracepoint(
    'stall',
    [
      ['start_ns', u64],
      ['duration_ns', u64],
      ['stack_source', enumeration(u8, StackSource)],
      ['stack', seq(str)],
    ],
    { logLevel: 'info' },
  );

  const install = () => {
    const thresholdMs = thresholdFrom(process.env.RINGTAIL_STALL_MS);
    const thresholdNs = nsOfMs(thresholdMs);
    const { nodeTiming } = performance;
    const watcher = startWatcher(thresholdMs);
    let lastBeat = nowNs();
    let idleBefore = nodeTiming.idleTime;

    function beat(): void {
      watcher?.beat();
      const now = nowNs();
      const idle = nodeTiming.idleTime;
      const activeNs = now - lastBeat - nsOfMs(idle - idleBefore);
      if (activeNs >= thresholdNs) report(now - activeNs, activeNs);
      lastBeat = now;
      idleBefore = idle;
    }

    function report(startNs: number, durationNs: number): void {
      const captured = watcher?.take();
      if (captured === undefined || captured.atNs < startNs) stall(startNs, durationNs, StackSource.none, []);
      else {
        const source = captured.isAfterNative ? StackSource.after_native : StackSource.interrupt;
        stall(startNs, durationNs, source, captured.frames);
      }
    }

    const endBeats = everyMs(thresholdMs / BEATS_PER_THRESHOLD, beat);
    const endExit = onExit(() => {
      beat();
      watcher?.settle();
    });
    return () => {
      endBeats();
      endExit();
      watcher?.end();
    };
  };
  return { tracepoints: [stall], install };
}

/** @param setting milliseconds, from the environment */
function thresholdFrom(setting: string | undefined): number {
  const ms = Number(setting);
  return ms >= THRESHOLD_MS_MIN && ms <= 3_600_000 ? Math.round(ms) : THRESHOLD_MS_DEFAULT;
}
